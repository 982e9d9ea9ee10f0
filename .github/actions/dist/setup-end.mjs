import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{e as i}from"./ALULF7HF.mjs";import{f as t}from"./G3BKAI2M.mjs";import"./DQCN5WSM.mjs";import"./73TSZIXN.mjs";await t(async n=>i(n));
