"""The reference of reads, as a process: ``python -m bench.reference_app PORT`` answers one constant over FastAPI.

Nothing of the product is in it, so that no change of the product moves what reads are compared with.
"""

import sys

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/livez")
async def livez(request: Request) -> Response:
    """What a probe answers."""
    return JSONResponse({"alive": request.app is app})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_config=None)
