import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./T72HWLEM.mjs";import{f as t}from"./ASFNQPW3.mjs";import"./HSANUGSB.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
