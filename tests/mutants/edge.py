"""Guards of the edge: bytes, time, connections and attempts of callers."""

from mutants.mutation import Mutation

_EDGE = "libs/shared/src/mandegar/web/edge"
_CONNECTION = ("tests/unit/shared/web/edge/test_connection.py",)
_ALLOWANCES = ("tests/unit/shared/web/edge/test_allowances.py",)
_BODY = ("tests/unit/shared/web/edge/test_body.py",)
_REQUESTS = ("tests/unit/shared/web/edge/test_requests.py",)

MUTATIONS = (
    Mutation(
        "heads-grow-without-end",
        "bytes of a head",
        f"{_EDGE}/connection.py",
        "if self._head_bytes >= self._limits.head_bytes:",
        "if False:",
        _CONNECTION,
    ),
    Mutation(
        "trailers-grow-without-end",
        "bytes of a body's framing",
        f"{_EDGE}/connection.py",
        "if self._framing_bytes > self._limits.head_bytes:",
        "if False:",
        _CONNECTION,
    ),
    Mutation(
        "trailers-become-headers",
        "trailers are no headers",
        f"{_EDGE}/connection.py",
        "        self.headers = []  # trailers must not become headers of the request\n",
        "",
        _CONNECTION,
    ),
    Mutation(
        "slow-heads-and-bodies-stay",
        "time of heads and bodies",
        f"{_EDGE}/connection.py",
        "elif now >= self._read_by:",
        "elif False:",
        _CONNECTION,
    ),
    Mutation(
        "slow-readers-stay",
        "time of an answer",
        f"{_EDGE}/connection.py",
        "        super().pause_writing()\n        self._await_reader()",
        "        super().pause_writing()",
        _CONNECTION,
    ),
    Mutation(
        "pipelines-grow-without-end",
        "pipelined requests",
        f"{_EDGE}/connection.py",
        "if len(self.pipeline) >= self._limits.pipelined:",
        "if False:",
        _CONNECTION,
    ),
    Mutation(
        "half-open-connections-keep-others-out",
        "room for a new connection",
        f"{_EDGE}/connections.py",
        "        first.end()\n        return True",
        "        return False",
        _CONNECTION,
    ),
    Mutation(
        "chunked-bodies-have-no-limit",
        "bytes of a body",
        f"{_EDGE}/body.py",
        "            if self.size > self._limit:",
        "            if False:",
        _BODY,
    ),
    Mutation(
        "refused-bodies-are-read-to-their-end",
        "a refused body is not read",
        f"{_EDGE}/requests.py",
        "if connection is not None and connection.unread(scope):",
        "if False:",
        ("tests/contract/test_bodies.py",),
    ),
    Mutation(
        "requests-in-hand-have-no-limit",
        "requests in hand",
        f"{_EDGE}/requests.py",
        "self._in_hand >= self._limits.requests or",
        "False or",
        _REQUESTS,
    ),
    Mutation(
        "any-request-id-reaches-the-log",
        "request ids are fit for a log",
        f"{_EDGE}/requests.py",
        'if name == b"x-request-id" and _ID.fullmatch(value):',
        'if name == b"x-request-id":',
        _REQUESTS,
    ),
    Mutation(
        "failing-credentials-have-no-limit",
        "failing credentials",
        f"{_EDGE}/allowances.py",
        "        if not wait:\n            return problem",
        "        return problem",
        _ALLOWANCES,
    ),
    Mutation(
        "customers-have-no-allowance",
        "requests with a token",
        "libs/shared/src/mandegar/web/access.py",
        'scope["app"].state.allowances.take_request(scope["state"]["principal"], cost)',
        "pass",
        _ALLOWANCES,
    ),
)
