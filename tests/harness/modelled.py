"""What FastAPI makes of a model: answers that are written without models must be the same bytes."""

import httpx2
from fastapi import FastAPI
from pydantic import BaseModel


async def by_fastapi(model: type[BaseModel], body: bytes) -> bytes:
    """The body that FastAPI answers with, for a route that returns ``body`` as the model without what it leaves out."""
    app = FastAPI()

    @app.get("/", response_model_exclude_unset=True)
    async def answer() -> model:  # type: ignore[valid-type]
        return model.model_validate_json(body, strict=False)

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://a.test") as client:
        return (await client.get("/")).content
