import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./7PSLSKXU.mjs";import{f as t}from"./EIIHCYE5.mjs";import"./F3CBKTLZ.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
