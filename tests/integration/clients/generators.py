"""The generators of clients, each with what it takes to generate, compile and run one."""

import os
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TOOLS = ROOT / ".venv" / "clients"
"""Filled by `make .venv/installed-clients`: Python, Java and Node.js with what runs on them."""
DOCUMENT = "openapi.json"
_OPENAPI_GENERATOR = ("openapi-generator-cli", "generate", "-i", DOCUMENT)


class Client(NamedTuple):
    """Commands run in a folder with the document, the program and `files`."""

    name: str
    program: str
    generate: tuple[str, ...]
    compile: tuple[str, ...]
    run: tuple[str, ...]
    generated: str = "generated"
    """The file or folder that was generated."""
    place: str = "."
    """Where the program goes."""
    files: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Programs of the machine beside TOOLS."""


CLIENTS = (
    Client(
        "openapi-python-client",
        "openapi_python_client.py",
        ("openapi-python-client", "generate", "--path", DOCUMENT, "--output-path", "generated",
         "--meta", "none"),
        ("python", "-m", "compileall", "-q", "generated"),
        ("python", "openapi_python_client.py", DOCUMENT),
    ),
    Client(
        "openapi-generator-python",
        "openapi_generator.py",
        (*_OPENAPI_GENERATOR, "-g", "python", "-o", ".", "--package-name", "generated"),
        ("python", "-m", "compileall", "-q", "generated"),
        ("python", "openapi_generator.py"),
    ),
    Client(
        "openapi-generator-typescript",
        "openapi_generator.ts",
        (*_OPENAPI_GENERATOR, "-g", "typescript-fetch", "-o", "generated"),
        ("tsc", "--project", "tsconfig.json"),
        ("node", "openapi_generator.js"),
        files=("tsconfig.json",),
    ),
    Client(
        "openapi-typescript",
        "openapi_typescript.ts",
        ("openapi-typescript", DOCUMENT, "--output", "generated.ts"),
        ("tsc", "--project", "tsconfig.json"),
        ("node", "openapi_typescript.js"),
        generated="generated.ts",
        files=("tsconfig.json",),
    ),
    Client(
        "openapi-generator-java",
        "Story.java",
        (*_OPENAPI_GENERATOR, "-g", "java", "--library", "native", "-o", "generated"),
        ("mvn", "--quiet", "--batch-mode", "--file", "generated/pom.xml", "compile"),
        ("mvn", "--quiet", "--batch-mode", "--file", "generated/pom.xml",
         "org.codehaus.mojo:exec-maven-plugin:3.5.0:java", "-Dexec.mainClass=Story"),
        place="generated/src/main/java",
        needs=("mvn", "javac"),
    ),
    Client(
        "oapi-codegen",
        "story.go",
        ("go", "tool", "oapi-codegen", "-generate", "types,client,skip-prune", "-package", "main",
         "-o", "generated.go", DOCUMENT),
        ("go", "build", "-o", "story", "."),
        ("./story",),
        generated="generated.go",
        files=("go.mod", "go.sum"),
        needs=("go",),
    ),
)  # fmt: skip


def environment(url: str, api_key: str) -> dict[str, str]:
    """What a client's commands see: TOOLS before the machine's."""
    bins = [TOOLS / "bin", TOOLS / "node" / "node_modules" / ".bin"]
    path = os.pathsep.join([*map(str, bins), os.environ["PATH"]])
    return {
        **os.environ,
        "PATH": path,
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # half the time
        "HEADRACE_URL": url,
        "HEADRACE_API_KEY": api_key,
    }
