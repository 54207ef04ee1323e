"""The permission keys that guard the graph, by name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID


class Permission(StrEnum):
    """A key of the catalogue; the value is its id. Compare whole ids: two share a long prefix."""

    VIEW_ENVIRONMENT = "e3656bbc-fba2-483d-9996-34f8614cd21b"
    CREATE_ENVIRONMENT = "a97b7f3b-3349-4a86-b917-2ce0b64a540b"
    EDIT_ENVIRONMENT = "145ab6ed-b4b6-4e34-ada5-78dada250f89"
    DELETE_ENVIRONMENT = "70747966-dfad-4523-93ce-bd7421258955"
    ASSIGN_CONNECTION = "52cbe0b8-9aa7-4605-8eed-aa37e595adbb"
    UNASSIGN_CONNECTION = "65648682-e47f-43d7-a5ad-dc042803f951"
    VIEW_CONNECTIONS = "b35c9ce0-e787-4de6-8560-631007b0b947"
    CHANGE_CONNECTION_STATE = "14ac9622-3170-4580-8403-ed7a584f90ef"
    DELETE_CONNECTION = "61afb8c2-cda6-4175-aad9-74ff87fed323"
    ADD_CLUSTER = "fce15b20-78ac-42af-b79c-b8f19bdb0802"
    VIEW_ALL_ORGANIZATIONS = "e996c998-a50f-4cb8-ae7b-f2f1b523c971"
    VIEW_ORGANIZATION = "49f02947-0c8d-4b2d-af53-f50ce18f8861"
    CREATE_ORGANIZATION = "17a6fa82-cdab-46db-a7ce-a9d0a1bbf40f"
    EDIT_ORGANIZATION = "d39a34fb-0ccf-4c80-8a6c-b545c8db869a"
    DELETE_ORGANIZATION = "b3dc083c-fe8e-43a9-9bcd-ed93d4584f55"
    ADD_USER_TO_ORGANIZATION = "33bf7a57-f787-4208-b01c-ad9b9d9c6b6c"
    REMOVE_USER_FROM_ORGANIZATION = "3ed858e4-418d-4220-9d4c-a217fd466d86"
    VIEW_ALL_USERS = "382da488-9a92-4a5b-958d-c4bfe1e80253"
    VIEW_ALL_TEAMS = "8b94dd6b-234f-4c89-86cf-b029e0090255"
    VIEW_TEAM = "27447fb0-be46-4497-8366-c34e24920f22"
    CREATE_TEAM = "41a9eb36-b99b-4715-8140-780f97d3c6a0"
    EDIT_TEAM = "6cf69881-0be0-4723-b5f0-031b7847509a"
    DELETE_TEAM = "bbb691b6-8664-44c7-8ea7-9c46b1ca1e8b"
    ADD_USER_TO_TEAM = "88b9a857-d012-4c6d-a129-4ce65b63b018"
    REMOVE_USER_FROM_TEAM = "e996c998-a50f-4cb8-ae7b-77127073a6ca"
    VIEW_PROFILE = "fa7de118-2d08-4b07-b9d7-3e0baead6d04"
    VIEW_PUBLIC_PROFILE = "daded1e9-ff0f-4259-86ac-e168fd5565d4"
    VIEW_KEYS = "3cf506df-8398-49d2-b4e2-f06e3a0f87f0"
    VIEW_EVENTS = "4fe3e6b9-3363-4e9d-bfd4-9cd5bd168e5a"
    VIEW_REGISTRY = "cc069117-08cc-44e3-9c61-ae0eeca0bcf1"
    REGISTER_RESOURCE = "214ad6b1-df4d-44a6-8872-8ad1f751ef68"
    VIEW_DESIGNS = "3798736d-1f5d-41b3-876f-f3f01453dd15"
    IMPORT_DESIGN = "cc040d21-3160-4a96-8efa-833487a234cd"
    VALIDATE_DESIGN = "da5339dd-a4bc-4b91-8865-d8a703656516"
    DELETE_DESIGN = "f024fcf7-3c3d-4521-b83e-6d659353ca0e"


#: The id of each key, as the store has it.
KEYS: Mapping[Permission, UUID] = {each: UUID(each) for each in Permission}
