// In the place of `main.js` within a page of somebody else's: nothing is read of what a person keeps, and nothing is kept.
const nothing = async () => {};

/** `null`: nothing is to be looked for in other places either. */
export const latest = async () => null;
export const read = nothing;
export const forget = nothing;
export const forgetAll = nothing;
export const recover = async () => false;
export const recent = async () => [];
export const save = async () => true;
export const leave = () => true;
export const listen = () => {};
export const tab = () => "embed";
