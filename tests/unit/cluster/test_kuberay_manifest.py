"""The manifest fits KubeRay's CRD, the Serve config, the settings and the versions."""

import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from support.shared_data import shared

import headrace
from headrace.runtime.settings import load

ROOT = Path(__file__).parents[3]
CRD = "kuberay-crds/ray.io_rayservices.yaml"
MANIFEST = ROOT / "cluster" / "kuberay" / "rayservice.yaml"

Json = dict[str, Any]


@pytest.fixture
def manifest() -> Json:
    document: Json = yaml.safe_load(MANIFEST.read_text())
    return document


def strict(schema: Any) -> Any:
    """A structural schema as JSON Schema in which unknown fields fail."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: strict(part) for name, part in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
        made["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(schema.get("properties"), dict) and not open_ended:
        made.setdefault("additionalProperties", False)
    return made


@pytest.fixture(scope="module")
def check() -> Any:
    crd = yaml.safe_load(shared(CRD).read_text())
    assert crd["spec"]["names"]["kind"] == "RayService"
    (v1,) = (v for v in crd["spec"]["versions"] if v["name"] == "v1")
    assert v1["served"]
    return jsonschema.Draft202012Validator(strict(v1["schema"]["openAPIV3Schema"]))


def test_the_manifest_fits_the_crd(check: Any, manifest: Json) -> None:
    assert manifest["apiVersion"] == "ray.io/v1"
    assert [error.message for error in check.iter_errors(manifest)] == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("spec",), "serveConfigV3"),
        (("spec", "rayClusterConfig"), "headGroupspec"),
        (("spec", "rayClusterConfig", "headGroupSpec", "template", "spec"), "container"),
        (("spec", "rayClusterConfig", "workerGroupSpecs", 0), "replica"),
        (
            (
                "spec",
                "rayClusterConfig",
                "workerGroupSpecs",
                0,
                "template",
                "spec",
                "containers",
                0,
            ),
            "enV",
        ),
    ],
)
def test_a_misspelt_field_fails(
    check: Any, manifest: Json, path: tuple[str | int, ...], name: str
) -> None:
    part: Any = manifest
    for step in path:
        part = part[step]
    part[name] = "x"
    assert any(name in error.message for error in check.iter_errors(manifest))


def test_kuberay_deploys_the_file_that_a_laptop_deploys(manifest: Json) -> None:
    assert manifest["spec"]["serveConfigV2"] == (ROOT / "cluster" / "serve.yaml").read_text()


def containers(manifest: Json) -> list[Json]:
    return [
        c for pod in pods(manifest) for c in (*pod.get("initContainers", ()), *pod["containers"])
    ]


def pods(manifest: Json) -> list[Json]:
    cluster = manifest["spec"]["rayClusterConfig"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return [group["template"]["spec"] for group in groups]


def test_every_container_runs_this_version_with_settings_that_hold(
    manifest: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    for container in containers(manifest):
        assert container["image"] == f"headrace:{headrace.__version__}"
        for variable in container["env"]:
            monkeypatch.setenv(variable["name"], variable.get("value", ""))
        load()


def test_the_cluster_runs_the_ray_that_is_pinned(manifest: Json) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (pin,) = (d for d in project["project"]["dependencies"] if d.startswith("ray["))
    version = re.search(r"==(\d+\.\d+)", pin)
    assert version is not None
    assert manifest["spec"]["rayClusterConfig"]["rayVersion"].startswith(version[1] + ".")


def test_secrets_are_referred_to_and_not_written(manifest: Json) -> None:
    for container in containers(manifest):
        (url,) = (v for v in container["env"] if v["name"] == "HEADRACE_DATABASE_URL")
        assert "value" not in url


def test_every_container_finds_the_master_key_where_it_is_told_to(manifest: Json) -> None:
    """Each pod's from a secret that its user's group can read; no pod makes one of its own."""
    for pod in pods(manifest):
        (volume,) = pod["volumes"]
        assert volume["secret"]["secretName"] == "headrace-master-key"
        assert volume["secret"]["defaultMode"] == 0o440
        assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsUser"]
        for container in pod["containers"] + pod.get("initContainers", []):
            (file,) = (v for v in container["env"] if v["name"] == "HEADRACE_MASTER_KEY_FILE")
            (mount,) = container["volumeMounts"]
            assert mount["name"] == volume["name"]
            assert Path(file["value"]).parent == Path(mount["mountPath"])


def test_the_image_copies_what_there_is_and_all_of_it() -> None:
    dockerfile = (ROOT / "cluster" / "docker" / "Dockerfile").read_text()
    ignored = (ROOT / "cluster" / "docker" / "Dockerfile.dockerignore").read_text().split()
    copied = {
        name
        for line in dockerfile.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    }
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignored
    linked = {path.name for path in (ROOT / "src" / "headrace").iterdir() if path.is_symlink()}
    assert linked <= copied


def test_no_pod_is_told_of_services_in_variables_that_begin_like_ours(manifest: Json) -> None:
    """A service `headrace` makes HEADRACE_PORT and the like, which read like settings."""
    cluster = manifest["spec"]["rayClusterConfig"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        assert group["template"]["spec"]["enableServiceLinks"] is False
