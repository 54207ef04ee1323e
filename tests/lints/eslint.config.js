import graphql from "@graphql-eslint/eslint-plugin";

const recommended = graphql.configs["flat/schema-recommended"].rules;

// Every rule of schema-recommended is on. What is allowed all the same, field by field, is listed
// with its reason in test_lints.py.
export default [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: process.env.LINTED_SCHEMA } },
    },
    rules: {
      ...recommended,
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            // A page, a place on it and what came of a mutation are of one answer only: they
            // cannot be asked for again, so an id would promise what is not so.
            suffixes: ["Page", "Edge", "Payload"],
            types: [
              "PageInfo", // likewise
              "RegisteredComponent", // likewise: a line of what came of a registration
              "RegisteredModel",
              "RegisteredRelationship",
              "RegistrationProblem",
              "Viewer", // there is one for each request: the caller; `user` has the id
            ],
          },
        },
      ],
    },
  },
];
