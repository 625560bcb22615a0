"""What set-up takes from a user's settings for one client and gives to the others."""

from pathlib import Path

import pytest

from mandegar_local.certificates import NoSuchBundle, for_pip, for_requests, for_uv, trusted_bundle
from mandegar_local.maven_mirror import maven_mirror
from mandegar_local.set_up import read_configuration, variables_of_pip, variables_of_uv

INDEX = "https://packages.example/simple"
LISTED = f"""\
:env:.cert='/not/this.pem'
global.index-url='{INDEX}'
global.proxy='http://proxy.example:3128'
install.trusted-host='a.example\\nb.example'
"""


def test_an_index_and_a_proxy_of_pip_hold_for_uv():
    configuration = read_configuration(LISTED)
    assert variables_of_uv({}, configuration) == {
        "UV_DEFAULT_INDEX": INDEX,
        "UV_INSECURE_HOST": "a.example b.example",
        "HTTPS_PROXY": "http://proxy.example:3128",
    }
    other = {"PIP_INDEX_URL": "https://other.example", "PIP_FIND_LINKS": "/wheels"}
    variables = variables_of_uv(other, configuration)
    assert (variables["UV_DEFAULT_INDEX"], variables["UV_FIND_LINKS"]) == ("https://other.example", "/wheels")


def test_what_the_user_has_set_for_uv_stays():
    own = {"UV_INDEX_URL": "x", "UV_INSECURE_HOST": "y", "https_proxy": "z"}
    assert variables_of_uv(own, read_configuration(LISTED)) == {}


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_an_index_of_uv_holds_for_pip_unless_pip_has_one(name):
    assert variables_of_pip({name: INDEX}, {}) == {"PIP_INDEX_URL": INDEX}
    assert variables_of_pip({name: INDEX}, read_configuration(LISTED)) == {}
    assert variables_of_pip({name: INDEX, "PIP_INDEX_URL": "x"}, {}) == {}


def test_the_bundle_is_that_of_the_system_unless_the_user_names_one(tmp_path):
    system, own = tmp_path / "system.pem", tmp_path / "own.pem"
    system.write_text("x")
    own.write_text("x")
    places = (str(tmp_path / "missing.pem"), str(system))
    assert trusted_bundle({}, system=places) == str(system)
    assert trusted_bundle({"SSL_CERT_FILE": ""}, system=places) == str(system)
    assert trusted_bundle({"PIP_CERT": str(own)}, system=places) == str(own)
    assert trusted_bundle({}, of_pip=str(own), system=places) == str(own)
    for wrong in ({"environment": {"SSL_CERT_FILE": "/no/such.pem"}}, {"environment": {}, "of_pip": "/no/such.pem"}):
        with pytest.raises(NoSuchBundle, match=r"names /no/such\.pem, which does not exist"):
            trusted_bundle(**wrong, system=places)


def test_a_client_for_which_the_user_has_set_something_keeps_it(tmp_path):
    assert for_pip("b", {}) == {"PIP_CERT": "b"}
    assert for_pip("b", {"CURL_CA_BUNDLE": "c"}) == {}
    assert for_uv("b", {}) == {"SSL_CERT_FILE": "b"}
    assert for_uv(str(tmp_path), {}) == {"SSL_CERT_DIR": str(tmp_path)}
    assert for_uv("b", {"UV_SYSTEM_CERTS": "1"}) == {}
    assert for_requests("b", {"PIP_CERT": "c"}) == {"REQUESTS_CA_BUNDLE": "b"}
    assert for_pip("", {}) == for_uv("", {}) == for_requests("", {}) == {}


@pytest.mark.parametrize(
    ("mirror_of", "found"),
    [
        ("central", True),
        ("*", True),
        ("external:*", True),
        ("a,central", True),
        ("*,!central", False),
        ("other", False),
    ],
)
def test_the_mirror_of_a_users_maven_is_used(tmp_path: Path, mirror_of, found):
    for namespace in ("", ' xmlns="http://maven.apache.org/SETTINGS/1.2.0"'):
        file = tmp_path / ".m2" / "settings.xml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            f"<settings{namespace}><mirrors><mirror><id>m</id><mirrorOf>{mirror_of}</mirrorOf>"
            "<url> https://maven.example/all </url></mirror></mirrors></settings>"
        )
        assert maven_mirror({}, tmp_path) == ("https://maven.example/all" if found else None)
    assert maven_mirror({"MANDEGAR_MAVEN_URL": "x"}, tmp_path) == "x"
    file.write_text("<settings>")
    assert maven_mirror({}, tmp_path) is None
