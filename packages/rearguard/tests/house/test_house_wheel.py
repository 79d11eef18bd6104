"""The package as users get it: a wheel with all its data, reviewing in an environment of its own."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    subprocess.run(
        [*command, "--no-index", "--wheel-dir", str(folder), str(root / "packages" / "rearguard")],
        check=True,
        capture_output=True,
        timeout=300,
    )
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_holds_every_data_file(root: Path, wheel: Path) -> None:
    source = root / "packages" / "rearguard" / "src"
    hidden = {
        path
        for path in source.rglob("*")
        if any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(source).parts)
    }
    wanted = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and path not in hidden and path.suffix != ".pyc"
    }
    held = set(zipfile.ZipFile(wheel).namelist())
    assert wanted - held == set()
    assert any(name.endswith("checks/sql_injection.md") for name in held)
    assert not [name for name in held if name.startswith("tests/") or "/tests/" in name]


def test_the_wheel_reviews_an_example(root: Path, wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True, timeout=120)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    target = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True, timeout=120)
    # What it depends on is that of this run; the package itself must be the wheel's.
    import click

    dependencies = Path(click.__file__).parents[1]
    check = "import rearguard, sys; sys.exit(not rearguard.__file__.startswith(sys.argv[1]))"
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join((target, str(dependencies)))}
    subprocess.run([python, "-c", check, target], check=True, env=variables, cwd=tmp_path)
    done = subprocess.run(
        [python, "-m", "rearguard.cli.main", "review", str(root / "examples" / "flask-files" / "vulnerable")],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "command-injection" in (tmp_path / "rearguard-report" / "review.md").read_text()
    skill = [
        python,
        "-m",
        "rearguard.cli.main",
        "skill",
        "install",
        "--agent",
        "claude",
        "--scope",
        "project",
    ]
    installed = subprocess.run(
        skill, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )
    assert installed.returncode == 0, installed.stderr
    assert (tmp_path / ".claude" / "skills" / "backend-security-coder" / "SKILL.md").is_file()
