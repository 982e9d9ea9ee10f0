import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./PPHRKUIM.mjs";import{e as t}from"./RQ6SV6EP.mjs";import"./2ZBF6ZU4.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
