import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);
import{styleText as r}from"node:util";function o(t,e){return r(t,e,{stream:process.stdout})}function s(t,e,n=`${e}s`){return`${t} ${t===1?e:n}`}export{o as a,s as b};
