"""What `/api/assess` takes, for its OpenAPI description."""

from __future__ import annotations

from typing import Any

WORDS: dict[str, Any] = {"type": "array", "items": {"type": "string", "maxLength": 500}, "maxItems": 500}
CASE: dict[str, Any] = {
    "type": "object",
    "required": ["format"],
    "anyOf": [{"required": ["pain"]}, {"required": ["stroke"]}],
    "additionalProperties": False,
    "properties": {
        "format": {"const": 1},
        "client": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "age": {"type": "number", "minimum": 0, "maximum": 120},
                "sex": {"enum": ["female", "male", "other", "unknown"]},
            },
        },
        "pain": {
            "type": "array",
            "minItems": 1,
            "maxItems": 500,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "site": {"type": "string", "examples": ["shoulder.front@right", "neck.throat"]},
                    "where": {"type": "string", "examples": ["outside of my left elbow"]},
                    "intensity": {"type": "number", "exclusiveMinimum": 0, "maximum": 10},
                    "coverage": {"type": "number", "minimum": 0, "maximum": 1},
                    "quality": WORDS,
                    "deep": {"type": "boolean"},
                },
            },
        },
        "stroke": {
            "type": "array",
            "maxItems": 800,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["figure", "view", "atlas", "width", "points"],
                "properties": {
                    "figure": {"enum": ["neutral", "female", "male"]},
                    "view": {"type": "string", "examples": ["front", "back", "head.left"]},
                    "atlas": {"const": 1},
                    "width": {"type": "integer", "minimum": 2, "maximum": 120},
                    "points": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 2000,
                        "items": {
                            "type": "array",
                            "items": {"type": "integer", "minimum": 0},
                            "minItems": 2,
                            "maxItems": 2,
                        },
                    },
                    "intensity": {"type": "number", "exclusiveMinimum": 0, "maximum": 10},
                    "quality": WORDS,
                    "deep": {"type": "boolean"},
                    "erase": {"type": "boolean"},
                },
            },
        },
        "complaint": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "weeks": {"type": "number", "minimum": 0},
                "worse_with": WORDS,
                "neuro": WORDS,
                "habits": WORDS,
                "said": WORDS,
            },
        },
        "finding": {"type": "array", "maxItems": 500, "items": {"type": "object"}},
        "history": {"type": "object", "properties": {"said": WORDS, "denied": WORDS}},
        "mark": {},
        "today": {},
        "consent": {},
        "approval": {},
    },
}
EXAMPLE = {
    "format": 1,
    "pain": [{"site": "shoulder.front@right", "intensity": 7}],
    "complaint": {"worse_with": ["reaching back"]},
}
ASSESS: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": CASE, "example": EXAMPLE}}}
}
