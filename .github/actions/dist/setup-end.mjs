import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./BL6VO5IG.mjs";import{f as t}from"./23U26USI.mjs";import"./4MOHJSYD.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
