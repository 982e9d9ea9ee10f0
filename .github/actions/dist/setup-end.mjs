import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./CKD7VF3W.mjs";import{e as t}from"./VIXKT6R6.mjs";import"./5K4XOE5G.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
