import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./RSJPLOY7.mjs";import{e as t}from"./47TFHGFH.mjs";import"./T3UUZRS2.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
