"""HTTP as every service serves it: tokens, problem answers, health, dead letters."""

from mandegar.tokens import Principal
from mandegar.web.access import CustomerRead, require
from mandegar.web.dependencies import Ctx
from mandegar.web.problems import Problem

__all__ = ["Ctx", "CustomerRead", "Principal", "Problem", "require"]
