"""HTTP: the application of a service, access by token, problem answers, probes, and routes for operators."""

from mandegar.tokens import Principal
from mandegar.web.access import CustomerRead, require
from mandegar.web.dependencies import Ctx
from mandegar.web.problems import Problem

__all__ = ["Ctx", "CustomerRead", "Principal", "Problem", "require"]
