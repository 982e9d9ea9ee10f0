/** What in the workspace, and in the environment, goes past a proxy that the clients are pointed at. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { originOf } from "../../core/http.ts";
import { readText } from "../../core/source/files.ts";
import { oneLine } from "../../core/words.ts";
import { annotation } from "../annotation.ts";
import { inlineCode } from "../markdown.ts";
import type { Addresses } from "./addresses.ts";
import { CLIENTS, type Client } from "./clients.ts";
import { type Finding, readerOf } from "./past-files.ts";
import type { Workflow } from "./workflow.ts";

const MAX_FOLDERS = 5000;
const MAX_DEPTH = 6;
/** GitHub shows no more of one step. */
const MAX_ANNOTATIONS = 10;
const MAX_ROWS = 50;
/** What is installed there was installed, or brings settings that no client reads. */
const SKIPPED = new Set([".git", "node_modules", "vendor", "target", ".venv", "venv"]);

const VARIABLES: Readonly<Record<string, Client>> = {
  PIP_EXTRA_INDEX_URL: "pip",
  PIP_FIND_LINKS: "pip",
  UV_INDEX: "uv",
  UV_EXTRA_INDEX_URL: "uv",
  UV_FIND_LINKS: "uv",
  GOPRIVATE: "go",
  GONOPROXY: "go",
};

/** Tells of it in annotations, and gives the summary's part. */
export function tellWhatGoesPast(workflow: Workflow, addresses: Addresses, clients: readonly Client[]): string {
  const { environment } = workflow;
  const top = environment["GITHUB_WORKSPACE"] || ".";
  const told: string[] = [];
  let count = 0;
  const warn = (place: string, properties: Readonly<Record<string, string | number>>, message: string) => {
    count += 1;
    if (count <= MAX_ANNOTATIONS)
      workflow.log(annotation("warning", { title: "Past the proxy", ...properties }, message));
    if (count <= MAX_ROWS) told.push(`- ${inlineCode(place)}: ${inlineCode(message)}`);
  };
  for (const [name, client] of Object.entries(VARIABLES))
    if (clients.includes(client) && environment[name])
      warn(name, {}, `the variable ${name} is set: what it names, ${client} gets past the proxy`);
  for (const { path, finding, times } of findings(top, addresses, clients)) {
    const more = times > 1 ? ` (and ${times - 1} more in this file)` : "";
    const { line } = finding;
    warn(`${path}:${line}`, { file: path, line }, `${hostOf(finding)} ${finding.message}${more}`);
  }
  if (count > MAX_ROWS) told.push(`- and ${count - MAX_ROWS} more`);
  return count === 0 ? "" : `\n**Goes past the proxy in this workspace:**\n\n${told.join("\n")}\n`;
}

/** Addresses may have credentials. */
function hostOf({ address }: Finding): string {
  const text = address.replace(/^sparse\+/, "");
  return URL.canParse(text) ? originOf(new URL(text)) : oneLine(text, 100);
}

interface Found {
  readonly path: string;
  readonly finding: Finding;
  readonly times: number;
}

/** Of each file, and each thing that is wrong with it, the first line. */
function findings(top: string, addresses: Addresses, clients: readonly Client[]): Found[] {
  return filesBelow(top).flatMap((path) => {
    const all = readFindings(top, path, addresses).filter((finding) =>
      finding.clients.some((client) => clients.includes(client)),
    );
    const firsts = all.filter(({ message }, index) => all.findIndex((one) => one.message === message) === index);
    return firsts.map((finding) => {
      const times = all.filter(({ message }) => message === finding.message).length;
      return { path, finding, times };
    });
  });
}

function readFindings(top: string, path: string, addresses: Addresses): readonly Finding[] {
  const read = readerOf(path);
  if (!read) return [];
  try {
    return read(readText(join(top, path)), addresses);
  } catch (error) {
    // One that is too large, or must not be read, may say anything.
    return [{ clients: CLIENTS, line: 1, message: `cannot be read: ${oneLine(messageOf(error), 200)}`, address: path }];
  }
}

/** Files that may name a registry, with forward slashes; links are not followed. */
function filesBelow(top: string): string[] {
  const files: string[] = [];
  let folders: string[] = [""];
  let seen = 0;
  for (let depth = 0; depth <= MAX_DEPTH && folders.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of folders) {
      if (++seen > MAX_FOLDERS) return files;
      for (const entry of listed(join(top, folder))) {
        const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory() && !SKIPPED.has(entry.name)) next.push(path);
        else if (entry.isFile() && readerOf(path)) files.push(path);
      }
    }
    folders = next;
  }
  return files.sort();
}

function listed(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}
