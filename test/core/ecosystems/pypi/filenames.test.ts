import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseFilename } from "../../../../core/ecosystems/pypi/filenames.ts";

describe("parseFilename()", () => {
  const cases: readonly [project: string, filename: string, kind: string, version: string][] = [
    ["foo", "foo-1.0-py3-none-any.whl", "wheel", "1.0"],
    ["foo", "foo-1.0-1-py3-none-any.whl", "wheel", "1.0"],
    ["foo", "foo-1.0-1abc-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "wheel", "1.0"],
    ["foo", "Foo-1.0-py2.py3-none-any.whl", "wheel", "1.0"],
    ["foo-bar", "foo_bar-1.0-py3-none-any.whl", "wheel", "1.0"],
    ["foo-bar", "Foo.Bar-1.0-py3-none-any.whl", "wheel", "1.0"],
    ["foo-bar", "foo__bar-1.0-py3-none-any.whl", "wheel", "1.0"],
    ["foo", "foo-1.0+local.1-py3-none-any.whl", "wheel", "1.0+local.1"],
    ["foo", "foo-1.0+LOCAL_01-py3-none-any.whl", "wheel", "1.0+local.1"],
    ["foo", "foo-2!1.0-py3-none-any.whl", "wheel", "2!1.0"],
    ["foo", "foo-v1.0.0-py3-none-any.whl", "wheel", "1.0.0"],
    ["foo", "foo-1.0_1-py3-none-any.whl", "wheel", "1.0.post1"],
    ["foo", "foo-1.0.0.RC1-py3-none-any.whl", "wheel", "1.0.0rc1"],
    ["foo", "foo-1.0.tar.gz", "sdist", "1.0"],
    ["foo", "foo-1.0.zip", "sdist", "1.0"],
    ["foo", "foo-1.0.tar", "sdist", "1.0"],
    ["foo", "foo-1.0.tgz", "sdist", "1.0"],
    ["foo", "foo-1.0.tar.bz2", "sdist", "1.0"],
    ["foo", "foo-1.0.tar.xz", "sdist", "1.0"],
    ["foo", "foo-1.0.tar.lz", "sdist", "1.0"],
    ["foo-bar", "foo-bar-1.0.tar.gz", "sdist", "1.0"],
    ["foo-bar", "foo_bar-1.0.tar.gz", "sdist", "1.0"],
    ["foo-bar", "foo--bar-1.0.tar.gz", "sdist", "1.0"],
    ["foo-bar", "Foo.Bar-1.0.tar.gz", "sdist", "1.0"],
    ["foo-2", "foo-2-1.0.tar.gz", "sdist", "1.0"],
    ["foo-2", "foo-2-1.tar.gz", "sdist", "1"],
    ["foo", "foo-2-1.tar.gz", "sdist", "2.post1"],
    ["foo", "foo-1.0-1.tar.gz", "sdist", "1.0.post1"],
    ["foo", "foo-1.0-beta-2.tar.gz", "sdist", "1.0b2"],
    ["foo", "foo-1.0-dev.tar.gz", "sdist", "1.0.dev0"],
    ["foo", "foo-1.0+a-1.tar.gz", "sdist", "1.0+a.1"],
    ["foo", "foo-2!1.0.tar.gz", "sdist", "2!1.0"],
    ["foo", "foo-1.0-py2.7.egg", "egg", "1.0"],
    ["foo", "foo-1.0-py2.7-linux-x86_64.egg", "egg", "1.0"],
    ["foo-bar", "foo_bar-1.0_1-py3.9.egg", "egg", "1.0.post1"],
    ["constructor", "constructor-1.0.tar.gz", "sdist", "1.0"],
    ["1", "1-1.tar.gz", "sdist", "1"],
  ];
  for (const [project, filename, kind, version] of cases)
    it(`reads ${filename} of ${project}`, () => assert.deepEqual(parseFilename(project, filename), { kind, version }));

  const others: readonly [why: string, ...filenames: string[]][] = [
    [
      "of another project",
      "bar-1.0.tar.gz",
      "foobar-1.0.tar.gz",
      "foo-bar-1.0.tar.gz",
      "foo_bar-1.0-py3-none-any.whl",
      "fo-o-1.0.tar.gz",
      "foo-bar-1.0-py3-none-any.whl",
    ],
    [
      "that are no wheels",
      "foo-1.0.whl",
      "foo-1.0-py3-none.whl",
      "foo-1.0-py3-none-any-x-y.whl",
      "foo-1.0-b1-py3-none-any.whl",
      "foo-1.0--py3-none-any.whl",
      "foo-1.0--none-any.whl",
      "foo-1.0-py3--any.whl",
      "foo-1.0-py3-none-.whl",
      "foo--py3-none-any.whl",
      "foo-1.0-py3-none-any.WHL",
      "foo-1.0-py3-none-any.whl.asc",
      "foo-1.0-py3-none-any.whl.metadata",
    ],
    [
      "with versions that PEP 440 does not know",
      "foo-1.0.x.tar.gz",
      "foo-latest.tar.gz",
      "foo--1.0.tar.gz",
      "foo-1.0-py2.7.tar.gz",
      "foo-1.0.linux-x86_64.tar.gz",
      "foo-1.0-2-beta.tar.gz",
      "foo-1.x-py3-none-any.whl",
      "foo-.tar.gz",
      "foo-1.0-.tar.gz",
      "foo-1.0.sdist.tar.gz",
      "foo-1.0.tar.zip",
    ],
    [
      "with a version of which some client takes off the end",
      "foo-1.0+local.sdist.tar.gz",
      "foo-1.0+local.sdist.zip",
      "foo-1.0+local-py3.9.tar.gz",
      "foo-1.0+local-py3.tar.gz",
      "foo-1.0+local-py27.tar.gz",
      "foo-1.0+local_py3.9-py3-none-any.whl",
      "foo-1.0+local_py3.9-1-py3-none-any.whl",
    ],
    [
      "of other kinds",
      "foo-1.0.exe",
      "foo-1.0.msi",
      "foo-1.0.rpm",
      "foo-1.0.tar.Z",
      "foo-1.0.TAR.GZ",
      "foo-1.0",
      "foo",
      ".tar.gz",
      "",
    ],
    [
      "that could be taken for something else",
      "../foo-1.0.tar.gz",
      "foo-1.0/../../x.tar.gz",
      "foo-1.0%2f.tar.gz",
      "foo-1.0.tar.gz#egg=bar-2.0.tar.gz",
      "foo-1.0?.tar.gz",
      "foo-1.0 .tar.gz",
      " foo-1.0.tar.gz",
      "foo-1.0\n.tar.gz",
      "foo-1.0.tar.gz\n",
      "foo-1.0\0.tar.gz",
      "foo-1.0<b>.tar.gz",
      'foo-1.0".tar.gz',
      "foo-1.0\\x.tar.gz",
      "foo-１.0.tar.gz",
      "ＦＯＯ-1.0.tar.gz",
      "foo\u202e-1.0.tar.gz",
      "-foo-1.0.tar.gz",
      "_foo-1.0-py3-none-any.whl",
      ".foo-1.0.tar.gz",
      "__proto__",
      "constructor",
      `foo-1.${"0".repeat(300)}.tar.gz`,
      `foo-1.0+${"a".repeat(300)}.tar.gz`,
    ],
  ];
  for (const [why, ...filenames] of others)
    it(`reads no names ${why}`, () => {
      for (const filename of filenames)
        assert.equal(parseFilename("foo", filename), undefined, JSON.stringify(filename));
    });

  it("does not take one project's file for another's, whichever way its name is divided", () => {
    const filename = "foo-1-2.tar.gz";
    assert.equal(parseFilename("foo", filename)?.version, "1.post2");
    assert.equal(parseFilename("foo-1", filename)?.version, "2");
    assert.equal(parseFilename("foo-1-2", filename), undefined);
  });

  // So long that one which takes more than a look at each character would hold up all that follows.
  for (const [what, stem] of [
    ["dashes", "-".repeat(3_000_000)],
    ["versions", `foo-${"1-".repeat(1_500_000)}`],
    ["numbers", `foo-${"1.".repeat(1_500_000)}x`],
    ["local parts", `foo-1.0+${"a.".repeat(1_500_000)}`],
  ] as const)
    it(`takes no name of millions of ${what}`, () => assert.equal(parseFilename("foo", `${stem}.tar.gz`), undefined));
});
