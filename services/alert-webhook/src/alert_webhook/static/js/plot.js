// A plot on a canvas: sharp on any screen, its colours from the style sheet, time running to the right.

import { WINDOW_SECONDS } from "./model.js";

const LEFT = 40;
const BOTTOM = 24;
const TOP = 8;

export class Plot {
  constructor(canvas, right) {
    this.canvas = canvas;
    this.right = right; // room for labels at the lines' ends
  }

  // Clears the canvas; `from` and `to` are the values at the bottom and the top.
  begin(from, to) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    const width = Math.round(clientWidth * ratio);
    const height = Math.round(clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const style = getComputedStyle(document.documentElement);
    this.colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.pen = this.canvas.getContext("2d");
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.pen.clearRect(0, 0, clientWidth, clientHeight);
    this.pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    this.pen.textBaseline = "middle";
    this.end = clientWidth - this.right;
    this.floor = clientHeight - BOTTOM;
    this.x = (secondsAgo) => this.end - (secondsAgo / WINDOW_SECONDS) * (this.end - LEFT);
    this.y = (value) => this.floor - ((value - from) / (to - from)) * (this.floor - TOP);
    this.secondWidth = (this.end - LEFT) / WINDOW_SECONDS;
  }

  axes(values, write) {
    const { pen } = this;
    pen.lineWidth = 1;
    pen.setLineDash([]);
    pen.strokeStyle = this.colour("line");
    pen.fillStyle = this.colour("ink-soft");
    pen.textAlign = "right";
    for (const value of values) {
      const y = Math.round(this.y(value)) + 0.5;
      pen.beginPath();
      pen.moveTo(LEFT, y);
      pen.lineTo(this.end, y);
      pen.stroke();
      pen.fillText(write(value), LEFT - 8, y);
    }
    const marks = [[120, "2 min ago", "left"], [60, "1 min ago", "center"], [0, "now", "right"]];
    for (const [secondsAgo, text, align] of marks) {
      pen.textAlign = align;
      pen.fillText(text, this.x(secondsAgo), this.floor + 15);
    }
  }

  // A line through points [seconds ago, value]; a null value breaks it.
  line(points, { colour, width, dash = [] }) {
    const { pen } = this;
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.lineJoin = "round";
    pen.setLineDash(dash);
    pen.beginPath();
    let isDown = false;
    for (const [secondsAgo, value] of points) {
      if (value === null) { isDown = false; continue; }
      if (isDown) pen.lineTo(this.x(secondsAgo), this.y(value));
      else pen.moveTo(this.x(secondsAgo), this.y(value));
      isDown = true;
    }
    pen.stroke();
    pen.setLineDash([]);
  }
}
