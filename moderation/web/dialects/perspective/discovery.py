"""The discovery document, from which Google's clients learn where to send what."""

from typing import Any

_TEXT = {"$ref": "TextEntry"}
_STRINGS = {"type": "array", "items": {"type": "string"}}
_TOKENS = {
    "clientToken": {"type": "string", "description": "Comes back in the answer."},
    "communityId": {"type": "string", "description": "Taken and ignored."},
    "sessionId": {"type": "string", "description": "Taken and ignored."},
}


def document(base_url: str) -> dict[str, Any]:
    """The API as it is found under *base_url*, by the names that it has at Google."""
    root = base_url.rstrip("/") + "/"
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "canonicalName": "Comment Analyzer",
        "version": "v1alpha1",
        "revision": "20261124",
        "title": "Perspective Comment Analyzer API",
        "description": "Scores of a comment's toxicity and other attributes.",
        "documentationLink": root,
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "batchPath": "batch",
        "parameters": _PARAMETERS,
        "schemas": _SCHEMAS,
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method("analyze", "AnalyzeComment", "Scores a comment; nothing is stored."),
                    "suggestscore": _method("suggestscore", "SuggestCommentScore", "Says what a score should be."),
                }
            }
        },
    }


def _method(name: str, message: str, description: str) -> dict[str, Any]:
    path = f"v1alpha1/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": path,
        "flatPath": path,
        "httpMethod": "POST",
        "description": description,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": f"{message}Request"},
        "response": {"$ref": f"{message}Response"},
    }


def _query(kind: str, description: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "location": "query", "description": description, **more}


def _map_of(schema: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"$ref": schema}}


def _message(name: str, **properties: Any) -> dict[str, Any]:
    return {"id": name, "type": "object", "properties": properties}


_PARAMETERS = {
    "$.xgafv": _query("string", "Taken and ignored.", enum=["1", "2"], enumDescriptions=["v1", "v2"]),
    "access_token": _query("string", "Taken and ignored."),
    "alt": _query("string", "Always json.", default="json", enum=["json"], enumDescriptions=["JSON"]),
    "callback": _query("string", "Taken and ignored."),
    "fields": _query("string", "Taken and ignored."),
    "key": _query("string", "The site's API key."),
    "oauth_token": _query("string", "Taken and ignored."),
    "prettyPrint": _query("boolean", "Taken and ignored.", default="true"),
    "quotaUser": _query("string", "Taken and ignored."),
    "uploadType": _query("string", "Taken and ignored."),
    "upload_protocol": _query("string", "Taken and ignored."),
}
_SCORE_TYPE = {
    "type": "string",
    "enum": ["SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW"],
    "enumDescriptions": ["A probability.", "A probability.", "Not served.", "Not served.", "Not served."],
}
_SCHEMAS = {
    schema["id"]: schema
    for schema in (
        _message(
            "AnalyzeCommentRequest",
            comment=_TEXT,
            context={"$ref": "Context"},
            requestedAttributes=_map_of("AttributeParameters"),
            spanAnnotations={"type": "boolean", "description": "Also a score for each sentence."},
            languages=_STRINGS,
            doNotStore={"type": "boolean", "description": "Nothing is stored either way."},
            dropUnsupportedAttributes={"type": "boolean", "description": "Leave out instead of failing."},
            **_TOKENS,
        ),
        _message(
            "AnalyzeCommentResponse",
            attributeScores=_map_of("AttributeScores"),
            languages=_STRINGS,
            detectedLanguages=_STRINGS,
            clientToken={"type": "string"},
        ),
        _message(
            "SuggestCommentScoreRequest",
            comment=_TEXT,
            context={"$ref": "Context"},
            attributeScores=_map_of("AttributeScores"),
            languages=_STRINGS,
            doNotStore={"type": "boolean", "description": "Keep nothing of it."},
            **_TOKENS,
        ),
        _message(
            "SuggestCommentScoreResponse",
            requestedLanguages=_STRINGS,
            detectedLanguages=_STRINGS,
            clientToken={"type": "string"},
        ),
        _message(
            "TextEntry",
            text={"type": "string"},
            type={
                "type": "string",
                "enum": ["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"],
                "enumDescriptions": ["Plain text.", "Plain text.", "Not served."],
            },
        ),
        _message(
            "Context",
            entries={"type": "array", "items": _TEXT},
            articleAndParentComment={"$ref": "ArticleAndParentComment"},
        ),
        _message("ArticleAndParentComment", article=_TEXT, parentComment=_TEXT),
        _message("AttributeParameters", scoreType=_SCORE_TYPE, scoreThreshold={"type": "number", "format": "float"}),
        _message(
            "AttributeScores",
            summaryScore={"$ref": "Score"},
            spanScores={"type": "array", "items": {"$ref": "SpanScore"}},
        ),
        _message("Score", value={"type": "number", "format": "float"}, type=_SCORE_TYPE),
        _message(
            "SpanScore",
            begin={"type": "integer", "format": "int32", "description": "In UTF-16 code units."},
            end={"type": "integer", "format": "int32", "description": "Not included."},
            score={"$ref": "Score"},
        ),
    )
}
