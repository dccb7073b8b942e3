# SPDX-License-Identifier: Apache-2.0
"""Python's jinja2, set up as transformers sets it up for chat templates."""
import datetime
import json

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

NOW = datetime.datetime(2024, 8, 5, 9, 7, 3)  # the clock of all comparisons


class Generation(jinja2.ext.Extension):
    """{% generation %} marks what the model wrote and changes nothing; its body has a scope of its own."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_body")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def environment(sandbox=jinja2.sandbox.ImmutableSandboxedEnvironment):
    env = sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def render(source, variables, env=None):
    """What jinja2 makes of it: {"text": ...} or {"error": ...}."""
    try:
        return {"text": (env or environment()).from_string(source).render(**variables)}
    except Exception as error:  # whatever Python raises, the template is refused
        return {"error": type(error).__name__ + ": " + str(error)}
