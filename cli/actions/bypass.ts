/** What in the workspace, and in the environment, bypasses a proxy that the clients are pointed at. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { originOf } from "../../core/http.ts";
import { readText } from "../../core/source/files.ts";
import { oneLine } from "../../core/words.ts";
import { annotation } from "../annotation.ts";
import { inlineCode } from "../markdown.ts";
import type { ActionStep } from "./action-step.ts";
import type { Addresses } from "./addresses.ts";
import { type Bypass, readerOf } from "./bypass-files.ts";
import { CLIENTS, type Client } from "./clients.ts";

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
export function reportBypasses(step: ActionStep, addresses: Addresses, clients: readonly Client[]): string {
  const { environment } = step;
  const top = environment["GITHUB_WORKSPACE"] || ".";
  const told: string[] = [];
  let count = 0;
  const warn = (place: string, properties: Readonly<Record<string, string | number>>, message: string) => {
    count += 1;
    if (count <= MAX_ANNOTATIONS)
      step.log(annotation("warning", { title: "Bypasses the proxy", ...properties }, message));
    if (count <= MAX_ROWS) told.push(`- ${inlineCode(place)}: ${inlineCode(message)}`);
  };
  for (const [name, client] of Object.entries(VARIABLES))
    if (clients.includes(client) && environment[name])
      warn(name, {}, `the variable ${name} is set: what it names, ${client} fetches without the proxy`);
  for (const { path, bypass, times } of findBypasses(top, addresses, clients)) {
    const more = times > 1 ? ` (and ${times - 1} more in this file)` : "";
    const { line } = bypass;
    warn(`${path}:${line}`, { file: path, line }, `${hostOf(bypass)} ${bypass.message}${more}`);
  }
  if (count > MAX_ROWS) told.push(`- and ${count - MAX_ROWS} more`);
  return count === 0 ? "" : `\n**Bypasses the proxy in this workspace:**\n\n${told.join("\n")}\n`;
}

/** Addresses may have credentials. */
function hostOf({ address }: Bypass): string {
  const text = address.replace(/^sparse\+/, "");
  return URL.canParse(text) ? originOf(new URL(text)) : oneLine(text, 100);
}

interface Found {
  readonly path: string;
  readonly bypass: Bypass;
  readonly times: number;
}

/** Of each file, and each thing that is wrong with it, the first line. */
function findBypasses(top: string, addresses: Addresses, clients: readonly Client[]): Found[] {
  return filesBelow(top).flatMap((path) => {
    const all = readBypasses(top, path, addresses).filter((bypass) =>
      bypass.clients.some((client) => clients.includes(client)),
    );
    const firsts = all.filter(({ message }, index) => all.findIndex((one) => one.message === message) === index);
    return firsts.map((bypass) => {
      const times = all.filter(({ message }) => message === bypass.message).length;
      return { path, bypass, times };
    });
  });
}

function readBypasses(top: string, path: string, addresses: Addresses): readonly Bypass[] {
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
