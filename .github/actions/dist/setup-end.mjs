import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./GB73NUKM.mjs";import{e as t}from"./37HEA3N4.mjs";import"./PXOFGZXZ.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
