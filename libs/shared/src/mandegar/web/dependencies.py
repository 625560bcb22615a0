"""What routes ask for by annotation."""

from typing import Annotated

from fastapi import Depends, Request

from mandegar.service.context import Context


async def context(request: Request) -> Context:
    """The context of this process."""
    found: Context = request.app.state.context
    return found


Ctx = Annotated[Context, Depends(context)]
