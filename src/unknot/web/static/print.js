// The sheet opens with the printer's window; closing that leaves the sheet to read.
addEventListener("load", () => print());
