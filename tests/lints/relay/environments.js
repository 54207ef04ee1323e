// What an application of Relay asks: a list that grows as one scrolls, and an object that is
// fetched anew by its id.
import { graphql } from "relay-runtime";

export const environments = graphql`
  fragment environments_organization on Organization
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" })
  @refetchable(queryName: "environmentsPaginationQuery") {
    id
    environments(first: $count, after: $cursor)
      @connection(key: "environments_organization_environments") {
      edges {
        node {
          id
          ...environments_environment
        }
      }
    }
  }
`;

export const environment = graphql`
  fragment environments_environment on Environment @refetchable(queryName: "environmentsRefetchQuery") {
    id
    name
    updatedAt
    connections(first: 5) {
      totalCount
    }
  }
`;

export const query = graphql`
  query environmentsQuery($id: ID!) {
    organization(id: $id) {
      ...environments_organization
    }
    node(id: $id) {
      ...environments_environment @alias
    }
  }
`;

export const rename = graphql`
  mutation environmentsMutation($input: UpdateEnvironmentInput!) {
    updateEnvironment(input: $input) {
      environment {
        ...environments_environment
      }
    }
  }
`;
