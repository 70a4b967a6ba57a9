"""`/openapi.json`, made from the same models that check the requests."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from moderation import __doc__ as summary
from moderation.domain.comment import State
from moderation.web import schemas
from moderation.web.access import open_to_all
from moderation.web.services import services

blueprint = Blueprint("openapi", __name__)


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    name: str
    summary: str
    takes: tuple[type[BaseModel], ...] = ()
    answers: tuple[tuple[int, tuple[type[BaseModel], ...]], ...] = ()
    refuses: tuple[int, ...] = ()
    query: tuple[dict[str, Any], ...] = ()
    idempotent: bool = False
    leads_to: tuple[str, ...] = ()  # operations that take the `id` of the answer


_STATES = {"type": "string", "enum": [state.value for state in State]}

OPERATIONS = (
    Operation(
        "post",
        "/v1/comments",
        "createComment",
        "Decide on a comment, or on a batch of at most 100, before it is published",
        takes=(schemas.CommentIn, schemas.BatchIn),
        answers=(
            (201, (schemas.CommentOut,)),
            (200, (schemas.CommentOut, schemas.BatchOut)),
        ),
        leads_to=("showComment", "decideComment", "reportComment", "eraseComment"),
        refuses=(400, 401, 403, 404, 409, 413, 415, 422),
        query=({"name": "site", "schema": {"type": "string"}, "description": "Whose signature it is."},),
        idempotent=True,
    ),
    Operation(
        "get",
        "/v1/comments",
        "listComments",
        "A page of the site's comments, newest first",
        answers=((200, (schemas.Page,)),),
        refuses=(401, 403, 422),
        query=(
            {"name": "state", "schema": _STATES},
            {"name": "cursor", "schema": {"type": "string"}, "description": "A page's next_cursor."},
            {"name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}},
        ),
    ),
    Operation(
        "get",
        "/v1/comments/{id}",
        "showComment",
        "A comment's state, reasons and history",
        answers=((200, (schemas.CommentDetail,)),),
        leads_to=("decideComment", "eraseComment"),
        refuses=(401, 403, 404),
    ),
    Operation(
        "delete",
        "/v1/comments/{id}",
        "eraseComment",
        "Erase a comment: text, author and all copies",
        answers=((204, ()),),
        refuses=(401, 403, 404),
    ),
    Operation(
        "get",
        "/v1/authors/{author}",
        "exportAuthor",
        "Everything that is kept of an author, for them to have",
        answers=((200, (schemas.AuthorData,)),),
        refuses=(401, 403, 404),
    ),
    Operation(
        "delete",
        "/v1/authors/{author}",
        "eraseAuthor",
        "Erase an author: all their comments, and every copy",
        answers=((204, ()),),
        refuses=(401, 403, 404),
    ),
    Operation(
        "post",
        "/v1/comments/{id}/decision",
        "decideComment",
        "Tell what the blog's own staff decided",
        takes=(schemas.DecisionIn,),
        answers=((200, (schemas.CommentOut,)),),
        leads_to=("showComment", "decideComment", "eraseComment"),
        refuses=(400, 401, 403, 404, 409, 413, 415, 422),
    ),
    Operation(
        "post",
        "/v1/comments/{id}/reports",
        "reportComment",
        "Pass on a reader's report",
        takes=(schemas.ReportIn,),
        answers=((201, (schemas.CommentOut,)),),
        leads_to=("showComment", "decideComment"),
        refuses=(400, 401, 403, 404, 413, 415, 422),
    ),
    Operation(
        "get",
        "/v1/site",
        "showSite",
        "Whose key or signature this is, and where its events go",
        answers=((200, (schemas.SiteOut,)),),
        refuses=(401, 403),
    ),
    Operation(
        "post",
        "/v1/site/test",
        "testSite",
        "Send the site's webhook a signed test event (webhook.test), and say what it answered",
        answers=((200, (schemas.SiteTestOut,)),),
        refuses=(401, 403, 429),
    ),
    Operation(
        "post",
        "/v1/score",
        "score",
        "Score one text, or a batch of at most 100; nothing is stored",
        takes=(schemas.ScoreIn, schemas.ScoreBatchIn),
        answers=((200, (schemas.ScoreOut, schemas.ScoreBatchOut)),),
        refuses=(400, 401, 413, 415, 422),
    ),
)

_ID = {"name": "id", "in": "path", "required": True, "description": "The blog's own id of the comment."}
_AUTHOR = {
    "name": "author",
    "in": "path",
    "required": True,
    "description": "The blog's own id of the author; of somebody without one, their address.",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same body gets the first answer again, for 48 hours.",
}


@blueprint.get("/openapi.json")
@open_to_all
def show() -> Response:
    return jsonify(document(services().settings.public_base_url))


def document(base_url: str) -> dict[str, Any]:
    """The whole description, OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Comment moderation", "version": "1", "description": summary},
        "servers": [{"url": base_url}],
        "security": [{"apiKey": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer", "description": "The site's API key."}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [{"in": "query", "required": False, **item} for item in operation.query]
    if "{id}" in operation.path:
        parameters.append({**_ID, "schema": {"type": "string", "minLength": 1}})
    if "{author}" in operation.path:
        parameters.append({**_AUTHOR, "schema": {"type": "string", "minLength": 1}})
    if operation.idempotent:
        parameters.append({**_KEY, "schema": {"type": "string", "maxLength": 255}})
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {
            **{str(status): _answer(models, operation.leads_to) for status, models in operation.answers},
            **{str(status): _refusal() for status in operation.refuses},
        },
    }
    if operation.takes:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _one_of(operation.takes)}},
        }
    return described


def _answer(models: tuple[type[BaseModel], ...], leads_to: tuple[str, ...]) -> dict[str, Any]:
    if not models:
        return {"description": "Done"}
    described: dict[str, Any] = {"description": "Done", "content": {"application/json": {"schema": _one_of(models)}}}
    if leads_to:
        described["links"] = {
            name: {"operationId": name, "parameters": {"id": "$response.body#/id"}} for name in leads_to
        }
    return described


def _refusal() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _reference(schemas.Problem)}}
    return {"description": "A problem, and what to change", "content": content}


def _one_of(models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    references = [_reference(model) for model in models]
    return references[0] if len(references) == 1 else {"anyOf": references}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _schemas() -> dict[str, Any]:
    taken = {model for operation in OPERATIONS for model in operation.takes}
    answered = {model for operation in OPERATIONS for _, models in operation.answers for model in models}
    _, definitions = models_json_schema(
        [
            *((model, "validation") for model in sorted(taken, key=_name)),
            *((model, "serialization") for model in sorted(answered | {schemas.Problem}, key=_name)),
        ],
        ref_template="#/components/schemas/{model}",
    )
    result: dict[str, Any] = definitions["$defs"]
    return result


def _name(model: type[BaseModel]) -> str:
    return model.__name__
