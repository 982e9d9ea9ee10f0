/** The logs of the data set: how many releases each names, and some of them with the line of the first mention. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { readInventory } from "../../cli/inventory/inventory.ts";
import { namedIn, unjudgedIn } from "../support/logs.ts";
import { describeData, readText } from "./shared-data.ts";

interface Expected {
  readonly count: number;
  readonly lines: Readonly<Record<string, number>>;
  readonly unjudged?: readonly string[];
}

const LOGS: Readonly<Record<string, Expected>> = {
  "cargo-travis-rust-lang-2019.log": {
    count: 4,
    lines: {
      "cargo/filetime@0.2.4": 4,
      "cargo/serde_json@1.0.33": 5,
      "cargo/serde_derive@1.0.81": 6,
      "cargo/libc@0.2.46": 7,
    },
    unjudged: ["https://github.com/gnzlbg/libtest comes from git"],
  },
  "go-get-gin-2020.log": {
    count: 24,
    lines: {
      "golang/github.com/gin-gonic/gin@v1.6.3": 2,
      "golang/golang.org/x/sys@v0.0.0-20200116001909-b77594299b42": 11,
      "golang/github.com/modern-go/reflect2@v1.0.1": 18,
      "golang/google.golang.org/protobuf@v1.23.0": 30,
      "golang/google.golang.org/protobuf@v1.25.0": 33,
    },
  },
  "npm-2019-removed-malicious-flatmap-stream.log": {
    count: 4,
    lines: {
      "npm/fsevents@1.2.4": 3,
      "npm/nodemon@1.18.6": 7,
      "npm/flatmap-stream@0.1.1": 12,
      "npm/event-stream@3.3.6": 14,
    },
  },
  "npm-install-koa-loglevel-http.log": {
    count: 59,
    lines: { "npm/media-typer@0.3.0": 60, "npm/koa@2.15.3": 117, "npm/depd@1.1.2": 118 },
  },
  "pip-install-xlrd-python-docx-2020.log": {
    count: 3,
    lines: { "pypi/xlrd@1.2.0": 3, "pypi/python-docx@0.8.10": 11, "pypi/lxml@4.5.1": 13 },
    unjudged: ["scapy has a version that no index has"],
  },
};

describeData("the data set's logs", () => {
  for (const [file, { count, lines, unjudged = [] }] of Object.entries(LOGS))
    it(`${file} names ${count} releases, each on its line`, () => {
      const text = readText(`lockfiles/ci-logs/${file}`);
      const { kind, releases } = readInventory(file, text);
      const names = namedIn(text, file);
      assert.deepEqual([kind, names.length], ["ci-log", count]);
      assert.deepEqual(unjudgedIn(text), unjudged);
      const found = Object.fromEntries(names.map((name, index) => [name, releases[index]?.line]));
      assert.deepEqual(Object.fromEntries(Object.keys(lines).map((name) => [name, found[name]])), lines);
    });
});
