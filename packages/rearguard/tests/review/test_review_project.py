"""What manifests say of imports, and what the linker makes of it."""

import json
from pathlib import Path

from rearguard.link import ModuleIndex
from rearguard.review.project import aliases


def manifests(root: Path, files: dict[str, object]) -> list[tuple[str, Path]]:
    found = []
    for name, data in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(data if isinstance(data, str) else json.dumps(data))
        found.append((name, file))
    return found


def test_paths_of_a_base_configuration(tmp_path: Path) -> None:
    text = """{
      // shared by all
      "compilerOptions": { "paths": { "@shop/api/*": ["./apps/api/src/*"], "@db": ["libs/db/src/index.ts"], } },
    }"""
    index = ModuleIndex(
        ["apps/api/src/users/users.service.ts", "libs/db/src/index.ts", "apps/api/src/main.ts"],
        aliases(manifests(tmp_path, {"tsconfig.base.json": text})),
    )
    assert index.script("apps/api/src/main.ts", "@shop/api/users/users.service") == (
        "apps/api/src/users/users.service.ts"
    )
    assert index.script("apps/api/src/main.ts", "@db") == "libs/db/src/index.ts"
    assert index.script("apps/api/src/main.ts", "@dbx") is None


def test_a_base_for_all_imports(tmp_path: Path) -> None:
    found = aliases(manifests(tmp_path, {"api/tsconfig.json": {"compilerOptions": {"baseUrl": "src"}}}))
    index = ModuleIndex(["api/src/config.ts", "api/src/users/find.ts"], found)
    assert index.script("api/src/users/find.ts", "config") == "api/src/config.ts"
    assert index.script("api/src/users/find.ts", "express") is None


def test_the_same_alias_in_two_packages(tmp_path: Path) -> None:
    own = {"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}
    found = aliases(manifests(tmp_path, {"apps/a/tsconfig.json": own, "apps/b/tsconfig.json": own}))
    index = ModuleIndex(["apps/a/src/db.ts", "apps/b/src/db.ts", "apps/b/src/main.ts"], found)
    assert index.script("apps/b/src/main.ts", "@/db") == "apps/b/src/db.ts"
    assert index.script("apps/a/src/main.ts", "@/db") == "apps/a/src/db.ts"


def test_packages_of_the_same_workspace(tmp_path: Path) -> None:
    package = {
        "name": "@shop/server",
        "main": "./dist/index.js",
        "exports": {
            ".": {"import": {"types": "./dist/index.d.ts", "default": "./dist/index.js"}},
            "./db": "./src/storage/db.ts",
            "./tools/*": {"import": "./lib/tools/*.js"},
        },
    }
    files = [f"packages/server/src/{name}.ts" for name in ("index", "storage/db", "tools/text", "other")]
    index = ModuleIndex(files, aliases(manifests(tmp_path, {"packages/server/package.json": package})))
    importer = "apps/web/main.ts"
    assert index.script(importer, "@shop/server") == "packages/server/src/index.ts"
    assert index.script(importer, "@shop/server/db") == "packages/server/src/storage/db.ts"
    assert index.script(importer, "@shop/server/tools/text") == "packages/server/src/tools/text.ts"
    assert index.script(importer, "@shop/server/other") == "packages/server/src/other.ts"


def test_imports_of_a_package_and_aliases_of_module_alias(tmp_path: Path) -> None:
    package = {"name": "app", "imports": {"#lib/*": "./lib/*.js"}, "_moduleAliases": {"@root": "server"}}
    found = aliases(manifests(tmp_path, {"package.json": package}))
    index = ModuleIndex(["lib/db.js", "server/users.js"], found)
    assert index.script("main.js", "#lib/db") == "lib/db.js"
    assert index.script("main.js", "@root/users") == "server/users.js"


def test_what_bundlers_take_for_granted() -> None:
    index = ModuleIndex(["web/src/db.ts", "web/server/api/users.ts", "web/utils/text.ts"])
    assert index.script("web/server/api/users.ts", "@/db") == "web/src/db.ts"
    assert index.script("web/server/api/users.ts", "~/utils/text") == "web/utils/text.ts"


def test_a_manifest_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    broken = {"package.json": "{", "a/tsconfig.json": {"compilerOptions": {"paths": {"x/*": "y"}}}}
    assert aliases(manifests(tmp_path, broken)) == {}
