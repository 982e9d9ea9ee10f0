import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./PUQ3T6ZZ.mjs";import{e as t}from"./YIIQWXXA.mjs";import"./Q2PLUDLX.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
