import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./2PDIMTP4.mjs";import{e as t}from"./G3S4CF3M.mjs";import"./KJZKK7G7.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
