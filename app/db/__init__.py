"""Storage: one module of tables per noun, and the engines they live on."""
