import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./HCXE2SFG.mjs";import{f as t}from"./5TSW35ZT.mjs";import"./6O3KR7CP.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
