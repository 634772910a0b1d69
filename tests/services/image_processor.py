"""What Gemma 4's own image processor makes of pictures, in the environment that has it.

usage: python image_processor.py     requests on standard input, answers on standard output, until the end

A request is a line with the budget in tokens and the picture's length in bytes, then the picture as a PNG.
Its answer is a line with rows and columns of what the model gets, then its pixels: rows x columns x 3 numbers
of four bytes, from 0 to 1, each cell put back in its place.
"""

import io
import os
import sys

import numpy as np
from PIL import Image
from transformers import Gemma4UnifiedImageProcessor

CELL_PX = 48


def see(processor, png, budget):
    image = Image.open(io.BytesIO(png)).convert("RGB")
    made = processor(images=[image], max_soft_tokens=budget, return_tensors="np")
    count = int(made["num_soft_tokens_per_image"][0])
    cells = made["pixel_values"][0][:count]
    places = made["image_position_ids"][0][:count]
    columns, rows = places.max(axis=0) + 1
    page = np.full((rows * CELL_PX, columns * CELL_PX, 3), np.nan, np.float32)
    for cell, (column, row) in zip(cells, places, strict=True):
        y, x = row * CELL_PX, column * CELL_PX
        page[y : y + CELL_PX, x : x + CELL_PX] = cell.reshape(CELL_PX, CELL_PX, 3)
    return page


def main():
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    processor = Gemma4UnifiedImageProcessor()
    while line := sys.stdin.buffer.readline():
        budget, length = map(int, line.split())
        page = see(processor, sys.stdin.buffer.read(length), budget)
        answers.write(b"%d %d\n" % page.shape[:2] + page.tobytes())
        answers.flush()


if __name__ == "__main__":
    main()
