import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./JMHYN6X3.mjs";import{e as t}from"./6SMJE46R.mjs";import"./QRTUEEJ5.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
