# SPDX-License-Identifier: Apache-2.0
"""Five conversations that templates are compared on: English and Chinese, system prompts, tools, thinking."""

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city, \"now\" or later",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "name of the city, e.g. <Köln> & 北京"},
                "days": {"type": "integer", "description": "days ahead", "default": 0, "minimum": 0},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "places": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["city"],
        },
        "return": {"type": "object", "properties": {"degrees": {"type": "number"}}},
    },
}
TIME = {
    "type": "function",
    "function": {
        "name": "now",
        "description": "The time",
        "parameters": {"type": "object", "properties": {}, "required": []},
    },
}


def variables(messages, tools=None, generate=True, **more):
    """As apply_chat_template hands them to a template."""
    return {
        "messages": messages,
        "tools": tools,
        "documents": None,
        "add_generation_prompt": generate,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        **more,
    }


PLAIN = [
    {"role": "user", "content": "  What is a roofline?\n"},
    {"role": "assistant", "content": "A bound.\n\nOf speed."},
    {"role": "user", "content": "Say it with \"quotes\" & <tags>."},
]
CHINESE = [
    {"role": "system", "content": "你是一个有帮助的助手。"},
    {"role": "user", "content": "你好，洛书是什么？"},
    {"role": "assistant", "content": "<think>\n想一想\n</think>\n\n一个开放的芯片。"},
    {"role": "user", "content": "谢谢！再说一遍 🙂"},
]
CALLED = [
    {"role": "system", "content": "Use the tools."},
    {"role": "user", "content": "Weather in 北京?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": "call00001",
                "type": "function",
                "function": {"name": "get_weather", "arguments": {"city": "北京", "days": 1, "places": ["a", "b"]}},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "call00001", "name": "get_weather", "content": "{\"degrees\": 21.5}"},
    {"role": "assistant", "content": "It is 21.5 degrees."},
    {"role": "user", "content": "And tomorrow?"},
]

CONVERSATIONS = {
    "plain": variables(PLAIN),
    "chinese_thinking": variables(CHINESE, enable_thinking=True, thinking=True),
    "chinese_no_thinking": variables(CHINESE, enable_thinking=False, thinking=False, reasoning_effort="low"),
    "tools": variables(CALLED[:2], tools=[WEATHER, TIME]),
    "tool_calls": variables(CALLED, tools=[WEATHER], generate=False),
}
