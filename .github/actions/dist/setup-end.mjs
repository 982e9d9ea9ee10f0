import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./FRT4RBBN.mjs";import{e as t}from"./ZKY4VZFK.mjs";import"./3ELTEPKK.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
