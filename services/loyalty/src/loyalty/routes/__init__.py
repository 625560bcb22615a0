"""The HTTP side of loyalty."""

from loyalty.routes import customers, programme

ROUTERS = (customers.router, programme.router)
