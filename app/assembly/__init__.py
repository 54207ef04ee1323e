"""The parts of the service, each made of the settings; `app.main` puts them together."""
