"""HTTP as every service serves it: tokens, problem answers, health, dead letters."""

from shared.tokens import Principal
from shared.web.access import CustomerAccess, CustomerRead, require
from shared.web.dependencies import Ctx
from shared.web.problems import Problem

__all__ = ["Ctx", "CustomerAccess", "CustomerRead", "Principal", "Problem", "require"]
