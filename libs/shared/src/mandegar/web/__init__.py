"""HTTP: the application of a service, access by token, problem answers, probes, and routes for operators."""

from mandegar.tokens import Principal
from mandegar.web.access import Router, public, require
from mandegar.web.acts import Acting, audited
from mandegar.web.customers import CustomerRead
from mandegar.web.dependencies import Ctx
from mandegar.web.problems import Problem, errors
from mandegar.web.versioned import NOT_MODIFIED, VersionedBytes

__all__ = [
    "NOT_MODIFIED",
    "Acting",
    "Ctx",
    "CustomerRead",
    "Principal",
    "Problem",
    "Router",
    "VersionedBytes",
    "audited",
    "errors",
    "public",
    "require",
]
