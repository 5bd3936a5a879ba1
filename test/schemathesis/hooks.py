"""Requests to what exists: half of the valid ones name a conversation, a call, a result, a token or a key of the run's ground."""

import json
import os
import random

import schemathesis

GROUND = json.loads(os.environ["MEANWHILE_GROUND"])
OWN_KEY = os.environ["MEANWHILE_KEY_ID"]
# The ground outlives them, and they are asked for conversations that the run itself has begun.
ENDING = {"closeConversation", "eraseConversation", "revokeKey"}
chance = random.Random(17)


@schemathesis.hook
def before_call(context, case, kwargs):
    parameters = case.path_parameters or {}
    if keeps_its_own(case):
        for name in parameters.keys() & GROUND.keys():
            parameters[name] = GROUND[name]
    # The run would be refused from then on.
    if parameters.get("key_id") == OWN_KEY:
        parameters["key_id"] = "key_0"


def keeps_its_own(case):
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    is_linked = case.meta is not None and case.meta.phase.name.value == "stateful"
    if not is_valid or is_linked:
        return False
    return case.operation.definition.raw["operationId"] not in ENDING and chance.random() < 0.5
