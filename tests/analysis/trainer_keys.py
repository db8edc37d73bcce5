"""What known trainers log to W&B, with typical last values, and what ranks such runs.

The first half was there when the rules were written; `JUDGING` was written to judge
them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trainer:
    name: str
    summary: dict[str, float]
    best: str | None
    """``KEY:min`` or ``KEY:max``; None where nothing says which run is best."""


def _of(name: str, best: str | None, keys: str) -> Trainer:
    pairs = (pair.rsplit("=", 1) for pair in keys.split())
    return Trainer(name, {key: float(value) for key, value in pairs}, best)


RULES = (
    _of(
        "HF Trainer",
        "eval/accuracy:max",
        "train/loss=0.21 eval/loss=0.34 eval/accuracy=0.91 train/learning_rate=1e-6"
        " train/grad_norm=2.1 train/epoch=3 train/global_step=900 eval/runtime=12.1"
        " eval/samples_per_second=80 eval/steps_per_second=5 train/total_flos=1e15"
        " train_loss=0.3 train_runtime=812 train_samples_per_second=35"
        " train_steps_per_second=1.1",
    ),
    _of(
        "HF causal LM",
        "eval/loss:min",
        "train/loss=2.1 eval/loss=2.3 train/learning_rate=1e-5 train/grad_norm=0.4"
        " train/epoch=1 train/global_step=500 eval/runtime=9 eval/samples_per_second=50"
        " eval/steps_per_second=6",
    ),
    _of(
        "Lightning",
        "val_acc:max",
        "train_loss=0.4 val_loss=0.5 val_acc=0.82 epoch=9 trainer/global_step=4000"
        " lr-Adam=0.001",
    ),
    _of(
        "Lightning, by step and by epoch",
        "train_loss_epoch:min",
        "train_loss_step=0.4 train_loss_epoch=0.5 epoch=9 trainer/global_step=4000",
    ),
    _of(
        "Keras",
        "val_accuracy:max",
        "loss=0.2 accuracy=0.93 val_loss=0.31 val_accuracy=0.9 best_val_loss=0.3"
        " best_epoch=7 epoch=9",
    ),
    _of(
        "YOLOv8",
        "metrics/mAP50-95(B):max",
        "train/box_loss=0.9 train/cls_loss=0.6 train/dfl_loss=1.1 val/box_loss=1.0"
        " val/cls_loss=0.7 val/dfl_loss=1.1 metrics/precision(B)=0.7"
        " metrics/recall(B)=0.62 metrics/mAP50(B)=0.68 metrics/mAP50-95(B)=0.49"
        " lr/pg0=0.001 lr/pg1=0.001 lr/pg2=0.001 model/GFLOPs=8.7"
        " model/parameters=3157200 model/speed_PyTorch(ms)=3.2",
    ),
    _of(
        "Stable-Baselines3",
        "rollout/ep_rew_mean:max",
        "rollout/ep_rew_mean=212 rollout/ep_len_mean=212"
        " train/policy_gradient_loss=-0.01"
        " train/value_loss=21 train/loss=8.1 train/entropy_loss=-0.5"
        " train/approx_kl=0.01"
        " train/clip_fraction=0.08 train/explained_variance=0.7 train/n_updates=480"
        " train/learning_rate=0.0003 time/fps=900 global_step=100352",
    ),
    _of(
        "CleanRL PPO",
        "charts/episodic_return:max",
        "charts/episodic_return=480 charts/episodic_length=480 charts/SPS=2100"
        " charts/learning_rate=1e-5 losses/policy_loss=-0.01 losses/value_loss=12"
        " losses/entropy=0.5 losses/approx_kl=0.004 losses/old_approx_kl=0.004"
        " losses/clipfrac=0.06 losses/explained_variance=0.9 global_step=499712",
    ),
    _of(
        "CleanRL before the first episode ends",
        None,
        "charts/SPS=2100 losses/policy_loss=-0.01 losses/value_loss=12"
        " losses/entropy=0.5 losses/qf1_loss=3 losses/td_loss=0.2 global_step=512",
    ),
    _of(
        "TRL DPO",
        "eval/rewards/accuracies:max",
        "train/loss=0.5 train/rewards/chosen=0.4 train/rewards/rejected=-0.6"
        " train/rewards/accuracies=0.74 train/rewards/margins=1.0"
        " train/logps/chosen=-80"
        " eval/loss=0.52 eval/rewards/accuracies=0.71 eval/rewards/margins=0.9"
        " train/epoch=1 train/global_step=300 train/learning_rate=1e-6",
    ),
    _of(
        "TRL GRPO",
        "train/reward:max",
        "train/reward=0.8 train/reward_std=0.2 train/rewards/format_reward/mean=0.9"
        " train/rewards/format_reward/std=0.1 train/kl=0.02 train/loss=0.001"
        " train/completions/mean_length=180 train/completions/clipped_ratio=0.1"
        " train/clip_ratio/region_mean=0 train/grad_norm=0.3 train/learning_rate=1e-6"
        " train/num_tokens=120000 train/entropy=0.5 train/global_step=200",
    ),
    _of(
        "nanoGPT",
        "val/loss:min",
        "iter=5000 train/loss=2.9 val/loss=3.1 lr=0.0006 mfu=38.2",
    ),
    _of(
        "timm",
        "eval_top1:max",
        "epoch=90 train_loss=2.1 eval_loss=1.1 eval_top1=76.1 eval_top5=92.8 lr=1e-5",
    ),
    _of(
        "detectron2",
        "bbox/AP:max",
        "total_loss=0.7 loss_cls=0.2 loss_box_reg=0.3 loss_mask=0.2 loss_rpn_cls=0.02"
        " loss_rpn_loc=0.04 bbox/AP=38.1 bbox/AP50=58.9 bbox/AP75=41.2 bbox/APs=22"
        " bbox/APm=41 bbox/APl=49 segm/AP=35 segm/AP50=56 fast_rcnn/cls_accuracy=0.95"
        " lr=0.02 time=0.4 data_time=0.01 eta_seconds=100",
    ),
    _of(
        "fairseq",
        "valid/bleu:max",
        "train_inner/loss=4.1 train_inner/nll_loss=2.4 train_inner/ppl=5.4"
        " train_inner/wps=21000 train_inner/ups=3 train_inner/gnorm=0.8"
        " train_inner/loss_scale=4 train/loss=4.2 valid/loss=3.9 valid/nll_loss=2.2"
        " valid/ppl=4.7 valid/bleu=27.9 valid/best_bleu=28.1 valid/num_updates=9000",
    ),
    _of(
        "GAN",
        "fid:min",
        "g_loss=1.8 d_loss=0.6 fid=21.3 epoch=90 real_score=0.7 fake_score=0.3",
    ),
    _of("GAN without FID", None, "g_loss=1.8 d_loss=0.6 epoch=90"),
    _of(
        "XGBoost",
        "validation_1-logloss:min",
        "validation_0-logloss=0.1 validation_1-logloss=0.2 epoch=99 best_iteration=91",
    ),
    _of("optimiser alone", None, "lr=0.001 grad_norm=2.1 global_step=900"),
    _of(
        "system alone", None, "_step=90 _runtime=812 gpu_memory=12 samples_per_second=9"
    ),
)

JUDGING = (
    _of(
        "HF seq2seq",
        "eval/rouge1:max",
        "train/loss=1.9 eval/loss=1.7 eval/rouge1=41.2 eval/rouge2=19.1"
        " eval/rougeL=29.1"
        " eval/rougeLsum=38.2 eval/gen_len=61 eval/runtime=190 train/global_step=4000"
        " train/learning_rate=1e-6",
    ),
    _of(
        "YOLOv5",
        "metrics/mAP_0.5:0.95:max",
        "train/box_loss=0.03 train/obj_loss=0.04 train/cls_loss=0.01 val/box_loss=0.04"
        " val/obj_loss=0.05 val/cls_loss=0.02 metrics/precision=0.7 metrics/recall=0.6"
        " metrics/mAP_0.5=0.66 metrics/mAP_0.5:0.95=0.43 x/lr0=0.001 x/lr1=0.001"
        " best/epoch=90 best/mAP_0.5=0.66 best/mAP_0.5:0.95=0.43",
    ),
    _of(
        "Stable-Baselines3 with evaluation",
        "eval/mean_reward:max",
        "rollout/ep_rew_mean=212 rollout/ep_len_mean=212 eval/mean_reward=230"
        " eval/mean_ep_length=230 train/actor_loss=-3 train/critic_loss=0.4"
        " train/ent_coef=0.02 train/ent_coef_loss=-0.3 time/fps=90",
    ),
    _of(
        "CleanRL DQN",
        "charts/episodic_return:max",
        "charts/episodic_return=190 charts/episodic_length=190 charts/SPS=800"
        " charts/epsilon=0.05 losses/td_loss=0.2 losses/q_values=40",
    ),
    _of(
        "Gym DQN",
        "episode_reward:max",
        "episode=400 episode_reward=195 epsilon=0.01 loss=0.8 avg_q=31 steps=80000",
    ),
    _of(
        "TRL SFT",
        "eval/loss:min",
        "train/loss=1.1 train/mean_token_accuracy=0.71 train/entropy=1.1 eval/loss=1.2"
        " eval/mean_token_accuracy=0.7 eval/entropy=1.1 eval/num_tokens=90000"
        " eval/runtime=8 train/num_tokens=900000 train/learning_rate=1e-6",
    ),
    _of(
        "TRL PPO",
        "objective/rlhf_reward:max",
        "eps=2 objective/kl=4 objective/entropy=40 objective/non_score_reward=-0.2"
        " objective/rlhf_reward=1.3 objective/scores=1.5 policy/approxkl_avg=0.01"
        " policy/clipfrac_avg=0.1 policy/entropy_avg=0.6 loss/policy_avg=-0.01"
        " loss/value_avg=0.2 val/clipfrac_avg=0.01 val/ratio=1 val/ratio_var=0"
        " val/num_eos_tokens=3 lr=1e-6 episode=4000",
    ),
    _of(
        "mmdet",
        "coco/bbox_mAP:max",
        "lr=0.02 data_time=0.01 loss=0.7 loss_rpn_cls=0.03 loss_rpn_bbox=0.05"
        " loss_cls=0.2 acc=95 loss_bbox=0.3 time=0.4 memory=4000 coco/bbox_mAP=0.37"
        " coco/bbox_mAP_50=0.58 coco/bbox_mAP_75=0.4 coco/bbox_mAP_s=0.2"
        " coco/bbox_mAP_m=0.41 coco/bbox_mAP_l=0.48 iter=90000",
    ),
    _of(
        "RLlib, old stack",
        "episode_reward_mean:max",
        "episode_reward_mean=180 episode_reward_max=200 episode_reward_min=90"
        " episode_len_mean=180 episodes_total=900 timesteps_total=90000"
        " info/learner/default_policy/learner_stats/policy_loss=-0.01"
        " info/learner/default_policy/learner_stats/vf_loss=9"
        " info/learner/default_policy/learner_stats/total_loss=2"
        " info/learner/default_policy/learner_stats/kl=0.01 time_total_s=900",
    ),
    _of(
        "RLlib, new stack",
        "env_runners/episode_return_mean:max",
        "env_runners/episode_return_mean=180 env_runners/episode_return_max=200"
        " env_runners/episode_return_min=90 env_runners/episode_len_mean=180"
        " learners/default_policy/total_loss=2 learners/default_policy/policy_loss=-0.1"
        " learners/default_policy/vf_loss=9 num_env_steps_sampled_lifetime=90000",
    ),
    _of(
        "DI-engine",
        "evaluator_step/reward_mean:max",
        "evaluator_step/reward_mean=190 evaluator_step/reward_std=8"
        " evaluator_step/reward_max=200 evaluator_step/reward_min=170"
        " evaluator_step/envstep_count=900 collector_step/reward_mean=150"
        " learner_step/total_loss_avg=0.2 learner_step/policy_loss_avg=-0.01"
        " learner_step/value_loss_avg=0.4 learner_step/cur_lr_avg=0.001",
    ),
    _of(
        "torchtune",
        "loss:min",
        "loss=0.9 lr=2e-5 tokens_per_second_per_gpu=900 peak_memory_active=14"
        " peak_memory_alloc=14 peak_memory_reserved=16 grad_norm=1.2 global_step=900",
    ),
    _of(
        "Axolotl",
        "eval/loss:min",
        "train/loss=0.9 eval/loss=1.0 train/grad_norm=0.4 train/learning_rate=1e-6"
        " train/memory/max_active=14 train/memory/max_allocated=14"
        " train/memory/device_reserved=16 train/tokens_per_second_per_gpu=900"
        " train/ppl=2.5 eval/runtime=8",
    ),
    _of(
        "LLaMA-Factory",
        "train/loss:min",
        "train/loss=0.9 train/grad_norm=1.1 train/learning_rate=1e-6 train/epoch=3"
        " train/global_step=300 train/num_input_tokens_seen=90000"
        " train/total_flos=1e16",
    ),
    _of(
        "NeMo ASR",
        "val_wer:min",
        "train_loss=21 training_batch_wer=0.2 val_loss=19 val_wer=0.12 global_step=9000"
        " learning_rate=0.001 train_step_timing(s)=0.4 epoch=9",
    ),
    _of(
        "Whisper fine-tuning",
        "eval/wer:min",
        "train/loss=0.1 eval/loss=0.2 eval/wer=12.1 eval/runtime=400 train/epoch=3",
    ),
    _of("diffusers", "train_loss:min", "train_loss=0.11 step_loss=0.2 lr=1e-5"),
    _of(
        "diffusion with FID",
        "eval/fid:min",
        "train/loss=0.11 train/lr=1e-5 eval/fid=12 eval/loss=0.1 ema_decay=0.999",
    ),
    _of(
        "segmentation",
        "val/iou:max",
        "train/loss=0.2 val/loss=0.3 val/iou=0.71 val/dice=0.83 train/iou=0.8 epoch=9",
    ),
    _of(
        "recommender",
        "ndcg@10:max",
        "train/loss=0.2 ndcg@10=0.31 recall@10=0.4 hit_rate=0.6 precision@10=0.1",
    ),
    _of(
        "LightGBM",
        "valid_1-auc:max",
        "training-auc=0.97 valid_1-auc=0.91 training-binary_logloss=0.1"
        " valid_1-binary_logloss=0.2 iteration=99",
    ),
    _of(
        "scikit-learn", "roc_auc:max", "roc_auc=0.9 precision=0.8 recall=0.7 log_loss=1"
    ),
    _of("PyG", "val_acc:max", "loss=0.5 train_acc=0.98 val_acc=0.79 test_acc=0.81"),
    _of(
        "TTS",
        "mel_loss:min",
        "mel_loss=0.3 duration_loss=0.1 kl_loss=1.2 gen_loss=2.1 disc_loss=2.4 lr=1e-4",
    ),
    _of(
        "contrastive",
        "val/recall@1:max",
        "train/loss=1.1 val/loss=1.3 val/recall@1=0.41 val/recall@5=0.7"
        " train/temperature=0.07 logit_scale=14",
    ),
    _of(
        "regression",
        "val/mae:min",
        "train/loss=0.4 val/loss=0.5 val/mae=0.3 val/rmse=0.6 epoch=9",
    ),
    _of(
        "super-resolution",
        "val/psnr:max",
        "train/l1_loss=0.01 val/psnr=31.2 val/ssim=0.91 val/lpips=0.1 lr=1e-4",
    ),
    _of(
        "captioning",
        "val/cider:max",
        "train/loss=2.1 val/loss=2.2 val/cider=1.1 val/meteor=0.28 val/spice=0.2",
    ),
    _of(
        "mixture of experts", "loss:min", "loss=2.1 aux_loss=0.01 z_loss=0.001 lr=1e-4"
    ),
)


def _keys(name: str, best: str, *keys: str) -> Trainer:
    return Trainer(name, {key: 0.1 + 0.37 * n for n, key in enumerate(keys)}, best)


LATER = (
    _keys(
        "mmseg",
        "mIoU:max",
        "mIoU",
        "mAcc",
        "aAcc",
        "loss",
        "decode.loss_ce",
        "decode.acc_seg",
        "lr",
    ),
    _keys(
        "rl_games",
        "rewards/iter:max",
        "rewards/iter",
        "rewards/step",
        "rewards/time",
        "losses/a_loss",
        "losses/c_loss",
        "info/kl",
        "episode_lengths/iter",
    ),
    _keys(
        "dreamer",
        "episode/score:max",
        "episode/score",
        "episode/length",
        "train/loss/dyn",
        "train/loss/rep",
        "epstats/log/reward",
        "fps/policy",
    ),
    _keys("lightgbm", "valid_0_l2:min", "valid_0_l2", "training_l2", "iteration"),
    _keys(
        "seg-kits",
        "val/dice_score:max",
        "train/dice_loss",
        "val/dice_loss",
        "val/dice_score",
        "val/hd95",
    ),
    _keys(
        "verl",
        "val-core/openai/gsm8k/reward/mean@1:max",
        "critic/rewards/mean",
        "critic/score/mean",
        "actor/pg_loss",
        "actor/entropy",
        "val-core/openai/gsm8k/reward/mean@1",
        "response_length/mean",
    ),
    _keys(
        "openrlhf",
        "eval/eval_gsm8k_pass1:max",
        "train/policy_loss",
        "train/reward",
        "train/return",
        "train/kl",
        "train/response_length",
        "eval/eval_gsm8k_pass1",
    ),
    _keys(
        "vae",
        "val/recon_loss:min",
        "train/recon_loss",
        "train/kl_loss",
        "train/loss",
        "val/elbo",
        "val/recon_loss",
    ),
    _keys(
        "grpo",
        "train/reward:max",
        "train/reward",
        "train/reward_std",
        "train/loss",
        "train/kl",
        "train/completion_length",
        "train/rewards/format_reward",
        "train/rewards/accuracy_reward",
    ),
    _keys(
        "rsl_rl",
        "Train/mean_reward:max",
        "Train/mean_reward",
        "Train/mean_episode_length",
        "Loss/value_function",
        "Loss/surrogate",
        "Policy/mean_noise_std",
        "Perf/total_fps",
    ),
    _keys(
        "tianshou",
        "test/reward:max",
        "train/reward",
        "train/length",
        "test/reward",
        "test/reward_std",
        "update/loss/actor",
        "update/loss/critic1",
    ),
    _keys(
        "composer2",
        "metrics/eval/MulticlassAccuracy:max",
        "loss/train/total",
        "metrics/eval/MulticlassAccuracy",
        "metrics/eval/CrossEntropy",
    ),
    _keys(
        "xgb-cb", "eval-auc:max", "train-logloss", "eval-logloss", "eval-auc", "epoch"
    ),
    _keys(
        "nemo-asr",
        "val_wer:min",
        "val_loss",
        "val_wer",
        "training_batch_wer",
        "train_loss",
        "learning_rate",
        "global_step",
    ),
    _keys(
        "speechbrain",
        "valid_WER:min",
        "train_loss",
        "valid_loss",
        "valid_CER",
        "valid_WER",
        "lr",
        "epoch",
    ),
    _keys(
        "torchrl",
        "eval/episode_reward:max",
        "train/episode_reward",
        "eval/episode_reward",
        "train/loss_actor",
        "train/loss_qvalue",
    ),
    _keys(
        "pykeen",
        "validation.both.realistic.inverse_harmonic_mean_rank:max",
        "training.loss",
        "validation.both.realistic.hits_at_10",
        "validation.both.realistic.inverse_harmonic_mean_rank",
        "validation.both.realistic.arithmetic_mean_rank",
    ),
)
"""Trainers that the rules were wrong about, and more that were tried with them."""

BY_NAME = (
    ("val acc:max", ("train acc", "val acc", "train loss")),
    ("Val/Acc@1:max", ("Train/Loss", "Val/Acc@1", "Val/Acc@5")),
    ("validation accuracy:max", ("validation accuracy", "training accuracy")),
    ("Test Acc:max", ("Train Acc", "Test Acc", "Epoch")),
    ("avg_reward:max", ("avg_reward", "epsilon", "loss")),
    ("ep_rew:max", ("ep_rew", "ep_len", "td_loss")),
    ("score:max", ("score", "epsilon", "loss")),
    ("Loss/val:min", ("Loss/train", "Loss/val")),
    ("loss_val:min", ("loss_train", "loss_val")),
    ("valLoss:min", ("trainLoss", "valLoss")),
    ("validate/loss:min", ("fit/loss", "validate/loss")),
    ("heldout/nll:min", ("heldout/nll", "nll")),
    ("dev_f1_macro:max", ("dev_f1_macro", "dev_f1_micro", "loss")),
    ("dev_bleu4:max", ("dev_bleu4", "dev_loss")),
    ("map@10:max", ("map@10", "loss")),
    ("nDCG@10:max", ("nDCG@10", "train/loss")),
    ("val_auc_macro:max", ("val_auc_macro", "val_loss")),
    ("win_rate:max", ("win_rate", "policy_loss", "value_loss", "games")),
    ("val_kappa:max", ("val_kappa", "val_loss")),
    ("val/spearman:max", ("val/spearman", "val/loss")),
    ("balanced_accuracy:max", ("balanced_accuracy", "loss")),
    ("val/lpips:min", ("train/loss", "val/lpips")),
    ("val/chamfer:min", ("train/loss", "val/chamfer")),
    ("val/epe:min", ("train/loss", "val/epe")),
    ("val/bpd:min", ("train/loss", "val/bpd")),
    ("bits_per_byte:min", ("bits_per_byte", "lr")),
    ("val/bits_per_dim:min", ("val/bits_per_dim", "train/bits_per_dim")),
    ("val_smape:min", ("train_loss", "val_smape")),
    ("val/mpjpe:min", ("val/mpjpe", "loss")),
    ("val/crps:min", ("val/crps", "loss")),
    ("eval/win_rate:max", ("eval/win_rate", "train/loss")),
    ("undiscounted_return:max", ("undiscounted_return", "td_error")),
    ("eval_loss:min", ("eval_loss", "train_loss", "train_runtime")),
    ("global/loss:min", ("global/loss", "client_0/loss")),
    ("loss:min", ("loss", "kl_loss", "recon_loss")),
    ("eval/pass@1:max", ("eval/pass@1", "train/loss")),
    ("humaneval/pass@1:max", ("humaneval/pass@1", "loss")),
    ("val/mIoU:max", ("val/mIoU", "val/acc", "val/loss")),
    ("val_dice:max", ("val_dice", "val_loss")),
    ("val/hit@10:max", ("val/hit@10", "val/loss")),
    ("exploitability:min", ("exploitability", "policy_loss")),
    ("elo:max", ("elo", "policy_loss")),
    ("regret:min", ("regret", "steps")),
    ("val_matthews:max", ("val_matthews", "val_loss")),
    ("eval/em:max", ("eval/em", "eval/loss")),
    ("val_c_index:max", ("val_c_index", "val_loss")),
    ("val/si_sdr:max", ("val/si_sdr", "val/loss")),
    ("val/pesq:max", ("val/pesq", "val/stoi", "val/loss")),
    ("val/eer:min", ("val/eer", "val/loss")),
    ("val/cIoU:max", ("val/cIoU", "loss")),
    ("val/PQ:max", ("val/PQ", "loss")),
    ("val/MOTA:max", ("val/MOTA", "loss")),
    ("val/NDS:max", ("val/NDS", "loss")),
    ("val/bpp:min", ("val/bpp", "loss")),
)
"""A metric's usual name, among the keys beside which it was tried."""

# What more trainers log, each with what its users look at.
MORE = (
    _keys(
        "robomimic",
        "Rollout/Success_Rate/Lift:max",
        "Train/Loss",
        "Valid/Loss",
        "Rollout/Success_Rate/Lift",
        "Rollout/Return/Lift",
        "Rollout/Horizon/Lift",
    ),
    _keys(
        "axolotl2",
        "eval/loss:min",
        "train/loss",
        "train/learning_rate",
        "eval/loss",
        "eval/runtime",
    ),
    _keys(
        "unsloth",
        "train/loss:min",
        "train/loss",
        "train/grad_norm",
        "train/learning_rate",
        "train/epoch",
        "train/global_step",
    ),
    _keys(
        "unsloth-grpo",
        "train/reward:max",
        "train/loss",
        "train/reward",
        "train/reward_std",
        "train/rewards/correctness_reward_func",
        "train/rewards/format_reward_func",
    ),
    _keys(
        "trl-grpo new",
        "train/reward:max",
        "train/loss",
        "train/num_tokens",
        "train/completions/mean_length",
        "train/rewards/accuracy_reward/mean",
        "train/rewards/accuracy_reward/std",
        "train/reward",
        "train/reward_std",
        "train/frac_reward_zero_std",
    ),
    _keys(
        "trl-dpo",
        "eval/rewards/accuracies:max",
        "train/loss",
        "train/rewards/chosen",
        "train/rewards/rejected",
        "train/rewards/accuracies",
        "train/rewards/margins",
        "eval/loss",
        "eval/rewards/chosen",
        "eval/rewards/accuracies",
        "eval/rewards/margins",
    ),
    _keys(
        "openrlhf-eval",
        "eval/eval_default_pass1:max",
        "train/policy_loss",
        "train/reward",
        "train/response_length",
        "eval/eval_default_pass1",
        "eval/global_step",
    ),
    _keys(
        "mmdet3",
        "coco/bbox_mAP:max",
        "lr",
        "data_time",
        "loss",
        "loss_rpn_cls",
        "loss_rpn_bbox",
        "loss_cls",
        "acc",
        "loss_bbox",
        "coco/bbox_mAP",
    ),
    _keys(
        "mmpretrain",
        "accuracy/top1:max",
        "lr",
        "loss",
        "accuracy/top1",
        "accuracy/top5",
        "single-label/f1-score",
    ),
    _keys(
        "yolo seg",
        "metrics/mAP50-95(M):max",
        "train/box_loss",
        "train/seg_loss",
        "train/cls_loss",
        "train/dfl_loss",
        "metrics/mAP50(B)",
        "metrics/mAP50-95(B)",
        "metrics/mAP50(M)",
        "metrics/mAP50-95(M)",
        "val/box_loss",
    ),
    _keys(
        "yolo pose",
        "metrics/mAP50-95(P):max",
        "train/box_loss",
        "train/pose_loss",
        "train/kobj_loss",
        "metrics/mAP50(B)",
        "metrics/mAP50-95(B)",
        "metrics/mAP50(P)",
        "metrics/mAP50-95(P)",
        "val/box_loss",
        "val/pose_loss",
    ),
    _keys(
        "yolo cls",
        "metrics/accuracy_top1:max",
        "train/loss",
        "metrics/accuracy_top1",
        "metrics/accuracy_top5",
        "val/loss",
        "lr/pg0",
    ),
    _keys(
        "yolov5",
        "metrics/mAP_0.5:0.95:max",
        "train/box_loss",
        "train/obj_loss",
        "metrics/precision",
        "metrics/mAP_0.5",
        "metrics/mAP_0.5:0.95",
        "val/box_loss",
    ),
    _keys(
        "fairseq bleu",
        "valid/bleu:max",
        "train/loss",
        "train/ppl",
        "valid/loss",
        "valid/ppl",
        "valid/bleu",
        "valid/wps",
    ),
    _keys(
        "rllib",
        "env_runners/episode_return_mean:max",
        "env_runners/episode_return_mean",
        "env_runners/episode_return_max",
        "env_runners/episode_return_min",
        "learners/default_policy/total_loss",
        "learners/default_policy/policy_loss",
        "learners/default_policy/vf_loss",
    ),
    _keys(
        "rllib old",
        "episode_reward_mean:max",
        "episode_reward_max",
        "episode_reward_min",
        "episode_reward_mean",
        "info/learner/default_policy/learner_stats/total_loss",
        "info/learner/default_policy/learner_stats/vf_loss",
    ),
    _keys(
        "rllib eval",
        "evaluation/env_runners/episode_return_mean:max",
        "env_runners/episode_return_mean",
        "evaluation/env_runners/episode_return_mean",
        "env_runners/episode_len_mean",
        "learners/default_policy/total_loss",
    ),
    _keys(
        "paddleocr rec",
        "EVAL/acc:max",
        "TRAIN/acc",
        "TRAIN/norm_edit_dis",
        "TRAIN/loss",
        "EVAL/acc",
        "EVAL/norm_edit_dis",
        "EVAL/fps",
        "EVAL/best_epoch",
    ),
    _keys(
        "paddleocr det",
        "EVAL/hmean:max",
        "TRAIN/loss",
        "TRAIN/loss_shrink_maps",
        "TRAIN/lr",
        "EVAL/precision",
        "EVAL/recall",
        "EVAL/hmean",
        "EVAL/fps",
    ),
    _keys(
        "nemo asr",
        "val_wer:min",
        "train_loss",
        "train_step_timing",
        "learning_rate",
        "val_loss",
        "val_wer",
    ),
    _keys(
        "nemo llm",
        "val_loss:min",
        "reduced_train_loss",
        "lr",
        "global_step",
        "val_loss",
    ),
    _keys(
        "espnet",
        "valid/acc:max",
        "train/loss",
        "train/loss_ctc",
        "train/loss_att",
        "train/acc",
        "valid/loss",
        "valid/loss_ctc",
        "valid/loss_att",
        "valid/acc",
        "valid/cer_ctc",
    ),
    _keys(
        "speechbrain2",
        "valid_WER:min",
        "train_loss",
        "valid_loss",
        "valid_CER",
        "valid_WER",
        "lr",
    ),
    _keys("xgboost", "validation_0-auc:max", "train-auc", "validation_0-auc", "epoch"),
    _keys("xgboost2", "eval-logloss:min", "train-logloss", "eval-logloss", "epoch"),
    _keys(
        "xgboost3",
        "test-rmse:min",
        "train-rmse",
        "test-rmse",
        "best_score",
        "best_iteration",
    ),
    _keys(
        "xgboost merror",
        "validation_1-merror:min",
        "validation_0-merror",
        "validation_1-merror",
        "epoch",
    ),
    _keys("lightgbm2", "valid_0_l2:min", "valid_0_l2", "valid_0_l1", "training_l2"),
    _keys(
        "catboost",
        "validation-AUC:max",
        "learn-Logloss",
        "validation-Logloss",
        "validation-AUC",
        "time",
    ),
    _keys(
        "sb3",
        "rollout/ep_rew_mean:max",
        "rollout/ep_len_mean",
        "rollout/ep_rew_mean",
        "time/fps",
        "train/entropy_loss",
        "train/loss",
        "train/policy_gradient_loss",
        "train/value_loss",
    ),
    _keys(
        "sb3 eval",
        "eval/mean_reward:max",
        "rollout/ep_rew_mean",
        "eval/mean_reward",
        "eval/mean_ep_length",
        "train/loss",
        "time/fps",
    ),
    _keys(
        "skrl",
        "Reward / Total reward (mean):max",
        "Reward / Total reward (max)",
        "Reward / Total reward (min)",
        "Reward / Total reward (mean)",
        "Reward / Instantaneous reward (mean)",
        "Loss / Policy loss",
        "Loss / Value loss",
        "Loss / Entropy loss",
    ),
    _keys(
        "dreamerv3",
        "episode/score:max",
        "train/loss/image",
        "train/loss/rew",
        "train/loss/dyn",
        "train/opt/loss",
        "episode/score",
    ),
    _keys(
        "dreamer2",
        "scores/eval_return:max",
        "scores/eval_return",
        "scores/train_return",
        "train/model_loss",
        "train/actor_loss",
    ),
    _keys(
        "openclip",
        "val/imagenet-zeroshot-val-top1:max",
        "train/data_time",
        "train/batch_time",
        "train/samples_per_second",
        "train/contrastive_loss",
        "train/loss",
        "val/imagenet-zeroshot-val-top1",
        "val/imagenet-zeroshot-val-top5",
        "val/clip_val_loss",
        "val/image_to_text_R@1",
    ),
    _keys("dino", "train_loss:min", "train_loss", "train_lr", "train_wd", "epoch"),
    _keys(
        "dino knn",
        "test_acc1:max",
        "train_loss",
        "train_lr",
        "test_loss",
        "test_acc1",
        "test_acc5",
        "epoch",
    ),
    _keys(
        "dinov2",
        "total_loss:min",
        "total_loss",
        "dino_local_crops_loss",
        "dino_global_crops_loss",
        "koleo_loss",
        "ibot_loss",
    ),
    _keys("mae", "train_loss:min", "train_loss", "lr", "epoch_1000x"),
    _keys("diffusers2", "loss:min", "loss", "lr", "ema_decay", "step"),
    _keys(
        "diffusion fid",
        "eval/fid:min",
        "train/loss",
        "eval/fid",
        "eval/inception_score",
        "eval/precision",
    ),
    _keys(
        "lm-eval2",
        "mmlu/acc:max",
        "mmlu/acc",
        "mmlu/acc_stderr",
        "mmlu_stem/acc",
        "mmlu_humanities/acc",
    ),
    _keys(
        "flair",
        "dev_score:max",
        "train_loss",
        "dev_loss",
        "dev_score",
        "dev_precision",
        "dev_recall",
        "learning_rate",
        "bad_epochs",
    ),
    _keys(
        "spacy",
        "score:max",
        "score",
        "loss_ner",
        "loss_tok2vec",
        "ents_f",
        "ents_p",
        "ents_r",
        "speed",
    ),
    _keys(
        "spacy2",
        "score:max",
        "score",
        "losses.ner",
        "losses.tok2vec",
        "token_acc",
        "tag_acc",
    ),
    _keys(
        "torchtitan",
        "validation_metrics/loss/global_avg_loss:min",
        "loss_metrics/global_avg_loss",
        "loss_metrics/global_max_loss",
        "throughput(tps)",
        "validation_metrics/loss/global_avg_loss",
    ),
    _keys(
        "nanochat",
        "val/bpb:min",
        "train/loss",
        "val/bpb",
        "train/lrm",
        "train/tok_per_sec",
        "train/mfu",
        "total_training_flops",
        "core_metric",
    ),
    _keys(
        "composer",
        "metrics/eval/LanguagePerplexity:min",
        "loss/train/total",
        "metrics/train/LanguageCrossEntropy",
        "metrics/eval/LanguageCrossEntropy",
        "metrics/eval/LanguagePerplexity",
        "throughput/tokens_per_sec",
        "lr-DecoupledAdamW/group0",
    ),
    _keys(
        "sentence-transformers",
        "sts-dev_spearman_cosine:max",
        "train/loss",
        "eval/sts-dev_pearson_cosine",
        "sts-dev_spearman_cosine",
        "eval/loss",
    ),
    _keys(
        "segmentation_models",
        "valid_dataset_iou:max",
        "train_loss",
        "train_dataset_iou",
        "valid_loss",
        "valid_dataset_iou",
        "valid_per_image_iou",
    ),
    _keys(
        "nnunet",
        "mean_fg_dice:max",
        "train_losses",
        "val_losses",
        "mean_fg_dice",
        "ema_fg_dice",
        "lrs",
        "epoch_end_timestamps",
    ),
    _keys(
        "monai", "val_mean_dice:max", "train_loss", "val_loss", "val_mean_dice", "lr"
    ),
    _keys(
        "whisper ft",
        "eval/wer:min",
        "train/loss",
        "eval/loss",
        "eval/wer",
        "eval/runtime",
        "train/learning_rate",
    ),
    _keys(
        "coqui tts",
        "eval_avg_loss:min",
        "train_avg_loss",
        "train_avg_mel_loss",
        "eval_avg_loss",
        "eval_avg_mel_loss",
        "lr",
    ),
    _keys(
        "peft lora kohya",
        "loss/average:min",
        "loss/current",
        "loss/average",
        "lr/unet",
        "lr/textencoder",
    ),
    _keys(
        "3dgs",
        "test/psnr:max",
        "train_loss_patches/total_loss",
        "train_loss_patches/l1_loss",
        "iter_time",
        "test/psnr",
    ),
    _keys(
        "nerfstudio",
        "Eval Images Metrics/psnr:max",
        "Train Loss",
        "Train Rays / Sec (num_rays_per_batch/train_time)",
        "Eval Loss",
        "Eval Images Metrics/psnr",
        "Eval Images Metrics/ssim",
        "Eval Images Metrics/lpips",
        "learning_rate/fields",
    ),
    _keys(
        "acme",
        "evaluator_episode_return:max",
        "actor_episode_return",
        "evaluator_episode_return",
        "learner_critic_loss",
        "learner_steps",
    ),
    _keys(
        "tdmpc2",
        "eval/episode_reward:max",
        "train/episode_reward",
        "eval/episode_reward",
        "eval/episode_success",
        "train/consistency_loss",
        "train/total_loss",
    ),
    _keys(
        "lerobot",
        "eval/pc_success:max",
        "train/loss",
        "train/grad_norm",
        "train/lr",
        "train/update_s",
        "eval/pc_success",
        "eval/avg_sum_reward",
        "eval/avg_max_reward",
    ),
    _keys(
        "diffusion policy",
        "test/mean_score:max",
        "train_loss",
        "val_loss",
        "train_action_mse_error",
        "test/mean_score",
        "train/mean_score",
        "lr",
    ),
    _keys("gluonts", "val_loss:min", "train_loss", "val_loss", "mean_wQuantileLoss"),
    _keys(
        "super-gradients",
        "Valid_mAP@0.50:0.95:max",
        "Train_PPYoloELoss/loss",
        "Valid_PPYoloELoss/loss",
        "Valid_Precision@0.50:0.95",
        "Valid_mAP@0.50",
        "Valid_mAP@0.50:0.95",
    ),
    _keys(
        "esm/protein",
        "val/perplexity:min",
        "train/loss",
        "val/loss",
        "val/perplexity",
        "lr-Adam",
    ),
)
