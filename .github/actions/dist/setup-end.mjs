import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./LTTUPXKF.mjs";import{f as t}from"./FDPLH32C.mjs";import"./FGB66VRC.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
