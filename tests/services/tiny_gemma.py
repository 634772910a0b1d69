"""Write a checkpoint of Gemma 4 12B's own class, small enough for any machine. Its weights are random.

usage: python tiny_gemma.py FOLDER          (in the environment of vllm_cpu.py; nothing is downloaded)

As in the 12B: the classes and so vLLM's code for them, special tokens, images in cells of 48 pixels with
budgets up to 1,120 tokens, sliding and full attention, two-way attention inside images. Unlike it: it cannot
read. Its tokens are pieces of English words, so that a prompt costs about as many tokens as it would there.
"""

import json
import string
import sys
from pathlib import Path
from pydoc_data.topics import topics

import torch
from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import (
    Gemma4UnifiedAudioConfig,
    Gemma4UnifiedConfig,
    Gemma4UnifiedForConditionalGeneration,
    Gemma4UnifiedImageProcessor,
    Gemma4UnifiedProcessor,
    Gemma4UnifiedTextConfig,
    Gemma4UnifiedVisionConfig,
    GenerationConfig,
    PreTrainedTokenizerFast,
)
from transformers.models.gemma4_unified.feature_extraction_gemma4_unified import (
    Gemma4UnifiedAudioFeatureExtractor,
)
from transformers.models.gemma4_unified.video_processing_gemma4_unified import Gemma4UnifiedVideoProcessor

SEED = 4
HIDDEN = 64
VOCABULARY = 8192
LONGEST_CONTEXT = 131072
SPACE = "\u2581"
# Names of the special tokens as the processor's classes call them, in the 12B's spelling.
ROLES = {
    "image_token": "<|image|>",
    "boi_token": "<|image>",
    "eoi_token": "<image|>",
    "audio_token": "<|audio|>",
    "boa_token": "<|audio>",
    "eoa_token": "<audio|>",
    "sot_token": "<|turn>",
    "eot_token": "<turn|>",
    "soc_token": "<|channel>",
    "eoc_token": "<channel|>",
    "think_token": "<|think|>",
    "escape_token": '<|"|>',
}
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", *ROLES.values(), "<|video|>"]
# What ends a string, an object or a list, and how much likelier than other tokens it is made (in their
# standard deviations): a model without any such leaning would fill every reply to its last token.
LEAD = 0.1
ENDS = {'"': 2.8, "}": 1.5, "]": 0.0, "<eos>": 1.0, "<turn|>": 1.0}

TEMPLATE = """\
{{ bos_token }}
{%- macro write(content) -%}
{%- if content is string -%}{{ content }}{%- else -%}
{%- for part in content -%}
{%- if part.type == 'text' -%}{{ part.text }}{%- else -%}{{ '<|' ~ part.type ~ '|>' }}{%- endif -%}
{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
{%- if enable_thinking and (not messages or messages[0].role != 'system') -%}
{{ '<|turn>system\\n<|think|>\\n<turn|>\\n' }}
{%- endif -%}
{%- for message in messages -%}
{{ '<|turn>' ~ ('model' if message.role == 'assistant' else message.role) ~ '\\n' }}
{%- if loop.first and enable_thinking and message.role == 'system' -%}{{ '<|think|>\\n' }}{%- endif -%}
{{ write(message.content) }}{{ '<turn|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|turn>model\\n' }}{%- endif -%}"""


def learn_merges(count):
    """Pairs of pieces that are often neighbours in English prose, here Python's own help texts."""
    learner = Tokenizer(BPE())
    learner.normalizer = normalizers.Replace(" ", SPACE)
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(SPACE, "merged_with_next"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.Split("\n", "isolated"),
        ]
    )
    learner.train_from_iterator(topics.values(), BpeTrainer(vocab_size=count, show_progress=False))
    return [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]


def make_tokenizer():
    """Special tokens, every byte, printable characters, then merged pieces; returns it and its vocabulary."""
    characters = [c for c in string.printable if c not in " \t\r\v\f"] + [SPACE]
    pieces = SPECIAL + [f"<0x{byte:02X}>" for byte in range(256)] + characters
    known, merges = set(characters), []
    for left, right in learn_merges(VOCABULARY):
        if left in known and right in known and len(pieces) < VOCABULARY:
            merges.append((left, right))
            if left + right not in known:
                known.add(left + right)
                pieces.append(left + right)
    pieces += [f"<unused{n}>" for n in range(VOCABULARY - len(pieces))]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=merges, unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", SPACE)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        padding_side="left",
        model_max_length=LONGEST_CONTEXT,
        chat_template=TEMPLATE,
        extra_special_tokens=ROLES,
    )
    return fast, vocabulary


def make_config(ids):
    text = Gemma4UnifiedTextConfig(
        vocab_size=len(ids),
        hidden_size=HIDDEN,
        intermediate_size=2 * HIDDEN,
        num_hidden_layers=3,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        global_head_dim=64,
        num_global_key_value_heads=1,
        attention_k_eq_v=True,
        sliding_window=1024,
        max_position_embeddings=LONGEST_CONTEXT,
        final_logit_softcapping=30.0,
        use_bidirectional_attention="vision",
        bos_token_id=ids["<bos>"],
        eos_token_id=ids["<eos>"],
        pad_token_id=ids["<pad>"],
    )
    # vLLM looks for the default budget here.
    vision = Gemma4UnifiedVisionConfig(mm_embed_dim=HIDDEN, output_proj_dims=HIDDEN, num_soft_tokens=280)
    return Gemma4UnifiedConfig(
        text_config=text,
        vision_config=vision,
        audio_config=Gemma4UnifiedAudioConfig(),
        eos_token_id=[ids["<eos>"], ids["<turn|>"]],
        image_token_id=ids["<|image|>"],
        boi_token_id=ids["<|image>"],
        eoi_token_id=ids["<image|>"],
        audio_token_id=ids["<|audio|>"],
        boa_token_id=ids["<|audio>"],
        eoa_token_index=ids["<audio|>"],
        video_token_id=ids["<|video|>"],
        dtype="bfloat16",
    )


def make_model(config, ids):
    torch.manual_seed(SEED)
    model = Gemma4UnifiedForConditionalGeneration(config).to(torch.bfloat16)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim >= 2:
                weight.normal_(0, 0.05 if "embed_tokens" in name else weight.shape[-1] ** -0.5)
        lean_towards_ends(model, ids)
    model.generation_config = GenerationConfig(
        bos_token_id=ids["<bos>"],
        pad_token_id=ids["<pad>"],
        eos_token_id=config.eos_token_id,
        do_sample=True,
        temperature=1.0,
        top_k=64,
        top_p=0.95,
    )
    return model


def lean_towards_ends(model, ids):
    """Give every token the same first coordinate and let no layer write to it: what is a little larger there
    in a token's embedding, which is its output row too, is a constant lead over the others."""
    language = model.model.language_model
    for layer in language.layers:
        layer.post_attention_layernorm.weight[0] = 0
        layer.post_feedforward_layernorm.weight[0] = 0
    rows = language.embed_tokens.weight
    rows[:, 0] = 1.0
    for token, lead in ENDS.items():
        rows[ids[token], 0] += LEAD * lead


def main(folder):
    tokenizer, ids = make_tokenizer()
    model = make_model(make_config(ids), ids)
    model.save_pretrained(folder)
    processor = Gemma4UnifiedProcessor(
        feature_extractor=Gemma4UnifiedAudioFeatureExtractor(),
        image_processor=Gemma4UnifiedImageProcessor(),
        video_processor=Gemma4UnifiedVideoProcessor(),
        tokenizer=tokenizer,
        chat_template=TEMPLATE,
    )
    processor.save_pretrained(folder)
    print(f"{sum(weight.numel() for weight in model.parameters())} parameters, {len(ids)} tokens")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
