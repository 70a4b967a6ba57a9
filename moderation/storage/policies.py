"""Policies as rows: a JSON document a version."""

import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action
from moderation.domain.policy import DEFAULT_BANDS, Band, Policy, Preset, Rule
from moderation.storage import audit
from moderation.storage.tables import PolicyVersion, Site

# A version never changes once it is written, so it is read once a process.
MOST_KNOWN = 1_000
_known: dict[tuple[uuid.UUID, int], Policy] = {}
_SITES = sa.select(Site).where(Site.id.in_(sa.bindparam("ids", expanding=True)))  # built once: every page asks


def current_policy(session: so.Session, site: Site) -> Policy:
    return load_policy(session, site, site.policy_version)


def current_policies(session: so.Session, site_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Policy]:
    """The policies of several sites, by their ids."""
    found = session.scalars(_SITES, {"ids": list(site_ids)})
    return {site.id: current_policy(session, site) for site in found}


def load_policy(session: so.Session, site: Site, version: int) -> Policy:
    """A version of the site's policy; one that was never changed is the default."""
    if (known := _known.get((site.id, version))) is not None:
        return known
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    policy = _known[site.id, version] = _read_policy(session, site, version)
    return policy


def _read_policy(session: so.Session, site: Site, version: int) -> Policy:
    document = session.scalar(
        sa.select(PolicyVersion.document).where(PolicyVersion.site_id == site.id, PolicyVersion.version == version)
    )
    return Policy(version=version) if document is None else from_document(document, version)


def save_policy(session: so.Session, site: Site, policy: Policy) -> Policy:
    """Store *policy* as the site's next version and make it the current one."""
    site.policy_version += 1
    document = to_document(policy)
    session.add(PolicyVersion(site_id=site.id, version=site.policy_version, document=document))
    session.add(site)
    content = {"version": site.policy_version, "sha256": audit.sha256(document).hex()}
    audit.append(session, site.id, "policy", content)
    return from_document(document, site.policy_version)


def to_document(policy: Policy) -> dict[str, Any]:
    return {
        "bands": {name: {"hold": band.hold, "reject": band.reject} for name, band in policy.bands.items()},
        "words": [{"match": rule.match, "action": rule.action.value} for rule in policy.words],
        "patterns": [{"match": rule.match, "action": rule.action.value} for rule in policy.patterns],
        "max_links": policy.max_links,
        "repeats": policy.repeats,
        "repeat_hours": policy.repeat_hours,
        "languages": list(policy.languages),
        "unsupported_language": policy.unsupported_language.value,
        "hold_after_reports": policy.hold_after_reports,
        "blocked_authors": policy.blocked_authors.value,
        "reasons": [{"code": preset.code, "text": preset.text} for preset in policy.reasons],
        "skip_reason": policy.skip_reason,
    }


def from_document(document: dict[str, Any], version: int) -> Policy:
    """The policy in *document*; what it leaves out is as in the default."""
    default = to_document(Policy(bands=DEFAULT_BANDS))
    whole = {**default, **document}
    return Policy(
        version=version,
        bands={name: Band(**band) for name, band in whole["bands"].items()},
        words=_rules(whole["words"]),
        patterns=_rules(whole["patterns"]),
        max_links=whole["max_links"],
        repeats=whole["repeats"],
        repeat_hours=whole["repeat_hours"],
        languages=tuple(whole["languages"]),
        unsupported_language=Action(whole["unsupported_language"]),
        hold_after_reports=whole["hold_after_reports"],
        blocked_authors=Action(whole["blocked_authors"]),
        reasons=tuple(Preset(item["code"], item["text"]) for item in whole["reasons"]),
        skip_reason=whole["skip_reason"],
    )


def _rules(items: list[dict[str, str]]) -> tuple[Rule, ...]:
    return tuple(Rule(item["match"], Action(item["action"])) for item in items)
