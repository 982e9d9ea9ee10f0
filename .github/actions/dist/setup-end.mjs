import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./ECFNX7I2.mjs";import{e as t}from"./5GMSZ6IZ.mjs";import"./I5JPVEEA.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
