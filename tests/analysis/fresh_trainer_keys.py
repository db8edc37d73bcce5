"""More key sets, as trainers and papers log them, with what an expert would rank by.

Each entry: the trainer, the choice (``none``: cannot tell), then its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TEXT = """
catalyst => valid/accuracy01:max
    loader/train/loss; train/loss; valid/loss; train/accuracy01; valid/accuracy01;
    valid/accuracy03; valid/accuracy05; train/lr; train/momentum
catalyst2 => accuracy01/valid:max
    loss/train; loss/valid; accuracy01/train; accuracy01/valid; accuracy03/valid; lr
fastai => accuracy:max
    epoch; train_loss; raw_loss; wd_0; sqr_mom_0; lr_0; mom_0; eps_0; valid_loss;
    accuracy
fastai err => error_rate:min
    epoch; train_loss; raw_loss; lr_0; valid_loss; error_rate
fastai seg => dice_multi:max
    epoch; train_loss; valid_loss; dice_multi; foreground_acc
pyg gcn => val_acc:max
    train_loss; loss; train_acc; val_acc; test_acc; epoch
pyg ogb2 => valid_rocauc:max
    train_rocauc; valid_rocauc; test_rocauc; loss
graphgym => val/accuracy:max
    train/loss; train/accuracy; train/f1; train/lr; train/time_epoch; val/loss;
    val/accuracy; val/f1; test/accuracy; best/val_accuracy; best/epoch
dgl sage => val_acc:max
    loss; train_acc; val_acc; test_acc; epoch_time
verl new => val-core/openai/gsm8k/reward/mean@1:max
    actor/entropy; actor/pg_loss; actor/kl_loss; actor/ppo_kl; actor/grad_norm;
    actor/lr; critic/score/mean; critic/score/max; critic/score/min;
    critic/rewards/mean; critic/rewards/max; critic/rewards/min;
    critic/advantages/mean; critic/returns/mean; response_length/mean;
    response_length/max; response_length/clip_ratio; prompt_length/mean;
    perf/throughput; perf/mfu/actor; timing_s/step; timing_s/gen; global_seqlen/mean;
    val-core/openai/gsm8k/reward/mean@1; val-aux/num_turns/mean; training/global_step;
    training/epoch
verl no val => critic/rewards/mean:max
    actor/entropy; actor/pg_loss; actor/kl_loss; actor/lr; critic/score/mean;
    critic/score/max; critic/rewards/mean; critic/rewards/max; critic/advantages/mean;
    critic/returns/mean; response_length/mean; timing_s/step
verl acc => val-core/math500/acc/mean@4:max
    actor/pg_loss; critic/score/mean; critic/rewards/mean; val-core/math500/acc/mean@4;
    val-core/math500/acc/best@4/mean; response_length/mean;
    val-aux/math500/score/mean@4; val-aux/math500/acc/std@4
openrlhf2 => train/reward:max
    train/policy_loss; train/actor_lr; train/kl; train/response_length; train/reward;
    train/return; train/total_length; train/critic_loss; train/values; train/critic_lr;
    train/global_step
openrlhf3 => eval/eval_gsm8k_pass1:max
    train/policy_loss; train/reward; train/kl; eval/eval_gsm8k_pass1;
    eval/eval_gsm8k_pass4
torchtune ppo => rewards:max
    scores; num_stop_tokens; rlhf_reward; kl; loss; policy_loss; value_loss; rewards;
    clipfrac; ratios; approx_policy_kl; response_lengths; lr
torchtune dpo => rewards/accuracies:max
    loss; lr; tokens_per_second_per_gpu; rewards/chosen; rewards/rejected;
    rewards/accuracies; rewards/margins; log_probs/chosen; log_probs/rejected;
    peak_memory_active
trlx => reward/mean:max
    losses/total_loss; losses/policy_loss; losses/value_loss; values/mean;
    returns/mean; returns/std; policy/approx_kl; policy/clipfrac; reward/mean;
    reward/std; time/generate; learning_rate_group_0
trlx metrics => reward/mean:max
    losses/total_loss; losses/policy_loss; reward/mean; metrics/sentiments;
    policy/sqrt_kl
slime => eval/aime:max
    rollout/raw_reward; rollout/rewards; rollout/response_lengths; rollout/advantages;
    rollout/log_probs; train/loss; train/pg_loss; train/entropy_loss; train/kl_loss;
    train/grad_norm; eval/aime; perf/rollout_time
nemo-rl => validation/accuracy:max
    train/loss; train/reward; train/mean_prompt_length; train/gen_kl_error;
    train/token_mult_prob_error; train/grad_norm; train/lr; validation/accuracy;
    validation/avg_length; timing/train/total_step_time
areal => ppo_actor/task_reward/avg:max
    ppo_actor/task_reward/avg; ppo_actor/task_reward/max; ppo_actor/task_reward/min;
    ppo_actor/loss/avg; ppo_actor/entropy/avg; ppo_actor/kl_rewards/avg;
    ppo_actor/importance_weight/avg; timeperf/rollout
prime-rl => reward/mean:max
    reward/mean; reward/std; seq_len/mean; loss/mean; entropy/mean; mismatch_kl/mean;
    optim/lr; optim/grad_norm; perf/throughput; perf/mfu
tinker => env/all/reward/total:max
    env/all/reward/total; env/all/correct; env/all/format; env/all/turns_per_episode;
    optim/lr; optim/kl_sample_train_v1; optim/entropy; time/total; progress/batch
tinker sl => test/nll:min
    train_mean_nll; test/nll; learning_rate; num_tokens; num_sequences; progress;
    time/step
maxtext => learning/loss:min
    learning/loss; learning/grad_norm; learning/param_norm;
    learning/current_learning_rate; learning/moe_lb_loss; perf/step_time_seconds;
    perf/per_device_tflops; perf/per_device_tokens_per_sec
maxtext eval => eval/avg_loss:min
    learning/loss; learning/grad_norm; eval/avg_loss; eval/total_loss;
    eval/total_weights; perf/step_time_seconds
flax imagenet => eval_accuracy:max
    train_accuracy; train_loss; train_learning_rate; steps_per_second; eval_accuracy;
    eval_loss
flax lm1b => eval_perplexity:min
    train_loss; train_accuracy; train_perplexity; train_learning_rate; eval_loss;
    eval_accuracy; eval_perplexity
llm-foundry => metrics/eval/LanguagePerplexity:min
    loss/train/total; metrics/train/LanguageCrossEntropy;
    metrics/train/LanguagePerplexity; metrics/eval/LanguageCrossEntropy;
    metrics/eval/LanguagePerplexity; lr-DecoupledAdamW/group0;
    throughput/tokens_per_sec; throughput/device/mfu; memory/peak_reserved_mem;
    time/token
composer cls => metrics/eval/MulticlassAccuracy:max
    loss/train/total; metrics/train/MulticlassAccuracy;
    metrics/eval/MulticlassAccuracy; metrics/eval/CrossEntropy; lr-SGD/group0
deepspeed => Train/Samples/train_loss:min
    Train/Samples/train_loss; Train/Samples/lr; Train/Samples/loss_scale
megatron => lm loss validation:min
    lm loss; lm loss validation; lm loss validation ppl; learning-rate; loss-scale;
    grad-norm; batch-size; num-zeros; iteration-time
megatron2 => lm loss:min
    lm loss; learning-rate; loss-scale; grad-norm; params-norm; load_balancing_loss;
    batch-size; throughput
gpt-neox => validation/lm_loss:min
    train/lm_loss; train/learning_rate; train/loss_scale; validation/lm_loss;
    validation/lm_loss_ppl; runtime/iteration_time; runtime/flops_per_sec_per_gpu
olmo-core => eval/downstream/hellaswag (accuracy):max
    train/CE loss; train/PPL; optim/LR (group 0); optim/total grad norm;
    throughput/device/TPS; throughput/device/MFU; eval/downstream/hellaswag (accuracy)
olmo-core lm => eval/lm/c4_en-validation/PPL:min
    train/CE loss; train/PPL; optim/LR; eval/lm/c4_en-validation/CE loss;
    eval/lm/c4_en-validation/PPL; throughput/device/TPS
metaseq => valid/ppl:min
    train/loss; train/ppl; train/gnorm; train/lr; train/wps; train/ups; valid/loss;
    valid/ppl
fairseq2 wav2vec2 => valid/wer:min
    train/ctc_loss; train/gradient_norm; train/lr; train/num_elements; valid/ctc_loss;
    valid/uer; valid/wer
fairseq2 lm => valid/nll_loss:min
    train/nll_loss; train/gradient_norm; train/lr; valid/nll_loss
espnet2 => valid/wer:min
    train/loss; train/loss_ctc; train/loss_att; train/acc; train/cer_ctc; valid/loss;
    valid/loss_ctc; valid/loss_att; valid/acc; valid/cer; valid/wer; valid/cer_ctc;
    train/optim0_lr0; train/iter_time
icefall => valid/tot_loss:min
    train/current_loss; train/current_simple_loss; train/current_pruned_loss;
    train/tot_loss; train/tot_simple_loss; train/learning_rate; valid/tot_loss
wenet => cv_loss:min
    train/train_loss; train_loss; cv_loss; epoch; lr
speechbrain lm => valid loss:min
    epoch; lr; train loss; valid loss
nemo tts => val_loss:min
    train_loss; train_mel_loss; train_duration_loss; train_pitch_loss; val_loss;
    val_mel_loss; lr; global_step
nemo speaker => val_acc_top_1:max
    train_loss; training_batch_accuracy_top_1; val_loss; val_acc_top_1; val_acc_top_5;
    learning_rate
nemo megatron => val_loss:min
    reduced_train_loss; grad_norm; lr; consumed_samples; global_step;
    train_step_timing in s; val_loss
coqui xtts => EvalStats/avg_loss:min
    TrainIterStats/loss_text_ce; TrainIterStats/loss_mel_ce; TrainIterStats/loss;
    TrainEpochStats/avg_loss; EvalStats/avg_loss_text_ce; EvalStats/avg_loss_mel_ce;
    EvalStats/avg_loss
hifigan => validation/mel_spec_error:min
    training/gen_loss_total; training/mel_spec_error; validation/mel_spec_error
open_clip => val/imagenet-zeroshot-val-top1:max
    train/loss; train/contrastive_loss; train/data_time; train/batch_time;
    train/samples_per_second; train/scale; train/lr; val/imagenet-zeroshot-val-top1;
    val/imagenet-zeroshot-val-top5; val/clip_val_loss; val/image_to_text_R@1;
    val/text_to_image_R@1; val/epoch
open_clip ret => val/image_to_text_R@1:max
    train/loss; train/scale; val/image_to_text_mean_rank;
    val/image_to_text_median_rank; val/image_to_text_R@1; val/image_to_text_R@5;
    val/text_to_image_R@1; val/clip_val_loss
simclr lightly => val_top1:max
    train_loss; train_ssl_loss; knn_top1; val_loss; val_top1; val_top5; lr-LARS
solo-learn => val_acc1:max
    train_loss; train_nce_loss; train_acc1; train_acc5; val_loss; val_acc1; val_acc5;
    lr
moco => val/acc1:max
    train/loss; train/acc1; val/loss; val/acc1; val/acc5; lr
vissl => test_accuracy_meter/top_1:max
    train/loss; train/lr; test_accuracy_meter/top_1; test_accuracy_meter/top_5
barlow => val/knn_acc:max
    train/loss; train/lr; val/knn_acc
dinov2 2 => eval/knn_top1:max
    total_loss; dino_local_crops_loss; dino_global_crops_loss; koleo_loss; ibot_loss;
    lr; wd; mom; teacher_temp; eval/knn_top1
ijepa => test/loss:min
    train/loss; test/loss; lr; wd; mask-A
dreamer jax => episode/score:max
    episode/score; episode/length; episode/sum_abs_reward; train/loss/image;
    train/loss/rew; train/loss/con; train/loss/dyn; train/loss/policy; train/opt/loss;
    fps/policy; replay/size
dreamer pt => eval_return:max
    train_return; train_length; train_episodes; eval_return; eval_length; model_loss;
    actor_loss; value_loss; kl; image_loss; reward_loss; cont_loss; fps
tianshou2 => test/reward:max
    train/reward; train/length; test/reward; test/reward_std; test/length;
    update/loss/actor; update/loss/critic; info/lr
tianshou3 => test/returns_stat/mean:max
    train/returns_stat/mean; train/lens_stat/mean; test/returns_stat/mean;
    test/returns_stat/std; test/returns_stat/max; update/loss_stat/mean;
    info/best_reward
rl_games 2 => rewards/iter:max
    losses/a_loss; losses/c_loss; losses/entropy; losses/bounds_loss; info/kl;
    info/e_clip; info/last_lr; rewards/step; rewards/iter; rewards/time;
    episode_lengths/iter; shaped_rewards/iter; performance/step_fps
skrl2 => Reward / Total reward (mean):max
    Episode / Total timesteps (mean); Reward / Instantaneous reward (mean);
    Reward / Instantaneous reward (max); Reward / Total reward (mean);
    Reward / Total reward (max); Loss / Policy loss; Loss / Value loss;
    Policy / Standard deviation; Learning / Learning rate
isaaclab => Train/mean_reward:max
    Loss/value_function; Loss/surrogate; Loss/learning_rate; Policy/mean_noise_std;
    Perf/total_fps; Train/mean_reward; Train/mean_episode_length;
    Episode_Reward/track_lin_vel_xy_exp; Episode_Reward/action_rate_l2;
    Episode_Termination/time_out; Curriculum/terrain_levels;
    Metrics/base_velocity/error_vel_xy
brax => eval/episode_reward:max
    eval/episode_reward; eval/episode_reward_std; eval/avg_episode_length;
    eval/episode_reward_ctrl; training/total_loss; training/policy_loss;
    training/v_loss; training/entropy_loss; training/sps; eval/walltime
stoix => evaluator/episode_return/mean:max
    actor/episode_return/mean; trainer/total_loss; trainer/actor_loss;
    trainer/value_loss; evaluator/episode_return/mean; evaluator/episode_return/std;
    evaluator/episode_length/mean; misc/steps_per_second; absolute/episode_return/mean
purejaxrl => episodic_return:max
    episodic_return; update_step; env_step; loss/total_loss; loss/actor_loss
pufferlib => environment/score:max
    SPS; agent_steps; epoch; environment/score; environment/episode_return;
    environment/episode_length; environment/perf; losses/policy_loss;
    losses/value_loss; losses/entropy; losses/explained_variance; performance/eval
cleanrl sac => charts/episodic_return:max
    charts/episodic_return; charts/episodic_length; charts/SPS; losses/qf1_values;
    losses/qf2_values; losses/qf1_loss; losses/qf_loss; losses/actor_loss;
    losses/alpha; losses/alpha_loss
d3rlpy => environment:max
    critic_loss; actor_loss; temp; temp_loss; time_step; environment; td_error
spinup => AverageTestEpRet:max
    Epoch; AverageEpRet; StdEpRet; MaxEpRet; MinEpRet; AverageTestEpRet; StdTestEpRet;
    MaxTestEpRet; EpLen; TestEpLen; TotalEnvInteracts; AverageQ1Vals; LossPi; LossQ;
    Time
baselines => eprewmean:max
    eprewmean; eplenmean; fps; loss/approxkl; loss/clipfrac; loss/policy_entropy;
    loss/policy_loss; loss/value_loss; misc/explained_variance; misc/nupdates
mappo => eval_win_rate:max
    average_episode_rewards; eval_average_episode_rewards; eval_win_rate;
    incre_win_rate; value_loss; policy_loss; dist_entropy; actor_grad_norm; ratio
sample-factory => reward/reward:max
    reward/reward; reward/reward_max; reward/reward_min; len/len; perf/_fps;
    train/loss; train/kl_divergence; train/policy_loss; train/value_loss; train/lr;
    policy_stats/avg_true_objective
muzero => 1.Total_reward/1.Total_reward:max
    1.Total_reward/1.Total_reward; 1.Total_reward/2.Mean_value;
    1.Total_reward/3.Episode_length; 2.Workers/1.Self_played_games;
    3.Loss/1.Total_weighted_loss; 3.Loss/Value_loss; 3.Loss/Reward_loss;
    3.Loss/Policy_loss
robomimic 2 => Rollout/Success_Rate/can-mean:max
    Train/Loss; Valid/Loss; Rollout/Success_Rate/can-mean; Rollout/Return/can-mean
octo => validation/dataset/mse:min
    training/loss; training/mse; training/learning_rate; validation/dataset/loss;
    validation/dataset/mse; timer/total
ultralytics rtdetr => metrics/mAP50-95(B):max
    train/giou_loss; train/cls_loss; train/l1_loss; val/giou_loss; val/cls_loss;
    val/l1_loss; metrics/precision(B); metrics/recall(B); metrics/mAP50(B);
    metrics/mAP50-95(B); lr/pg0; lr/pg1; model/GFLOPs; model/parameters;
    model/speed_PyTorch(ms)
ultralytics obb => metrics/mAP50-95(B):max
    train/box_loss; train/cls_loss; train/dfl_loss; train/angle_loss; val/box_loss;
    metrics/precision(B); metrics/recall(B); metrics/mAP50(B); metrics/mAP50-95(B);
    lr/pg0
yolox => val/COCOAP50_95:max
    train/total_loss; train/iou_loss; train/conf_loss; train/cls_loss; train/l1_loss;
    train/lr; val/COCOAP50; val/COCOAP50_95
yolov7 => metrics/mAP_0.5:0.95:max
    train/box_loss; train/obj_loss; train/cls_loss; metrics/precision; metrics/recall;
    metrics/mAP_0.5; metrics/mAP_0.5:0.95; val/box_loss; val/obj_loss; val/cls_loss;
    x/lr0
rf-detr => test/mAP_50_95:max
    train/loss; val/loss; test/mAP_50; test/mAP_50_95; test/mAR_50_95; ema/mAP_50
detectron2 panoptic => panoptic_seg/PQ:max
    total_loss; loss_cls; loss_box_reg; loss_mask; loss_sem_seg; lr; panoptic_seg/PQ;
    panoptic_seg/SQ; panoptic_seg/RQ; bbox/AP; segm/AP; sem_seg/mIoU
mmdet3d nus => pts_bbox_NuScenes/NDS:max
    train/loss; train/loss_cls; train/lr; pts_bbox_NuScenes/NDS; pts_bbox_NuScenes/mAP;
    pts_bbox_NuScenes/mATE; pts_bbox_NuScenes/mASE
mmdet3d kitti => KITTI/Car_3D_AP40_moderate_strict:max
    loss; lr; KITTI/Car_3D_AP40_moderate_strict; KITTI/Car_BEV_AP40_moderate_strict;
    KITTI/Car_3D_AP40_easy_strict
mmpose => coco/AP:max
    loss; loss_kpt; acc_pose; lr; coco/AP; coco/AP .5; coco/AP .75; coco/AR
mmpose2 => coco/AP:max
    train/loss_kpt; train/acc_pose; train/lr; coco/AP; coco/AR
mmaction => acc/top1:max
    train/loss; train/top1_acc; train/lr; acc/top1; acc/top5; acc/mean1
mmocr => recog/word_acc:max
    loss; lr; recog/word_acc; recog/word_acc_ignore_case; recog/char_recall
mmocr det => icdar/hmean:max
    loss; lr; icdar/precision; icdar/recall; icdar/hmean
mmagic => PSNR:max
    loss_pix; lr; PSNR; SSIM
mmflow => EPE:min
    loss_flow; lr; EPE
smp lightning => valid_dataset_iou:max
    train_loss; train_per_image_iou; train_dataset_iou; valid_loss;
    valid_per_image_iou; valid_dataset_iou
monai2 => val_mean_dice:max
    train_loss; val_mean_dice; val_loss; lr
monai3 => val_mean_dice:max
    train/train_loss; val_mean_dice; val_dice_tc; val_dice_wt; val_dice_et
kaolin nglod => Validation/psnr:max
    Loss/l2_loss; Loss/rgb_loss; Loss/total_loss; Validation/psnr; Validation/lpips;
    Validation/ssim
gsplat => val/psnr:max
    train/loss; train/l1loss; train/ssimloss; train/num_GS; train/mem; val/psnr;
    val/ssim; val/lpips; val/elapsed_time; val/num_GS
3dgs => test/loss_viewpoint - psnr:max
    train_loss_patches/l1_loss; train_loss_patches/total_loss; iter_time; total_points;
    test/loss_viewpoint - l1_loss; test/loss_viewpoint - psnr;
    train/loss_viewpoint - psnr
depth => val/abs_rel:min
    train/loss; val/loss; val/abs_rel; val/sq_rel; val/rmse; val/rmse_log; val/a1;
    val/a2; val/a3
zoedepth => Metrics/abs_rel:min
    Train/SILog; Train/lr; Test/SILog; Metrics/a1; Metrics/a2; Metrics/a3;
    Metrics/abs_rel; Metrics/rmse; Metrics/silog
stylegan => Metrics/fid50k_full:min
    Loss/G/loss; Loss/D/loss; Loss/scores/fake; Loss/scores/real; Loss/signs/real;
    Progress/tick; Progress/kimg; Timing/sec_per_kimg; Metrics/fid50k_full
edm => fid:min
    Loss/loss; Progress/kimg; fid
vqgan => val/rec_loss:min
    train/aeloss; train/discloss; train/rec_loss; train/logits_real; train/logits_fake;
    val/rec_loss; val/aeloss; val/disc_loss
cyclegan => none
    D_A; G_A; cycle_A; idt_A; D_B; G_B; cycle_B; idt_B
pix2pix => none
    G_GAN; G_L1; D_real; D_fake
diffusers dreambooth => loss:min
    loss; lr
sdxl lora => train_loss:min
    train_loss; lr; step_loss
kohya => loss/average:min
    loss/current; loss/average; loss/epoch_average; lr/unet; lr/textencoder
ostris => loss/loss:min
    learning_rate; loss/loss
accelerate nlp => accuracy:max
    accuracy; f1; train_loss; epoch
accelerate clm => perplexity:min
    perplexity; eval_loss; train_loss; epoch; step
setfit => eval/embedding_loss:min
    train/embedding_loss; train/learning_rate; train/epoch; eval/embedding_loss
sentence-tr sts => eval/sts-dev_spearman_cosine:max
    train/loss; train/grad_norm; eval/loss; eval/sts-dev_pearson_cosine;
    eval/sts-dev_spearman_cosine; eval/runtime
hf qa => eval/f1:max
    train/loss; eval/exact_match; eval/f1; eval/runtime
hf ner => eval/f1:max
    train/loss; eval/loss; eval/precision; eval/recall; eval/f1; eval/accuracy;
    eval/runtime
hf mt => eval/bleu:max
    train/loss; eval/loss; eval/bleu; eval/gen_len
hf asr => eval/wer:min
    train/loss; eval/loss; eval/wer; eval/cer; eval/runtime
hf det => eval/map:max
    train/loss; eval/loss; eval/map; eval/map_50; eval/map_75; eval/map_small;
    eval/mar_1; eval/mar_100; eval/map_cat
hf seg => eval/mean_iou:max
    train/loss; eval/loss; eval/mean_iou; eval/mean_accuracy; eval/overall_accuracy;
    eval/accuracy_wall; eval/iou_wall
gpt4all/llama-factory => eval/loss:min
    train/loss; train/learning_rate; eval/loss; eval/runtime; train/total_flos
rewardbench rm => eval/accuracy:max
    train/loss; train/accuracy; train/mean_reward; train/min_reward; train/max_reward;
    eval/loss; eval/accuracy; eval/mean_reward
trl orpo => eval/rewards/accuracies:max
    train/loss; train/nll_loss; train/log_odds_chosen; train/rewards/accuracies;
    eval/loss; eval/nll_loss; eval/rewards/accuracies; eval/rewards/margins
trl sft new => eval/loss:min
    train/loss; train/mean_token_accuracy; train/entropy; train/num_tokens; eval/loss;
    eval/mean_token_accuracy; eval/entropy; eval/runtime
xgb cv => validation-auc:max
    train-auc; validation-auc; train-logloss; validation-logloss
xgb rank => eval-ndcg@10:max
    train-ndcg@10; eval-ndcg@10
xgb rmse => validation_1-rmse:min
    validation_0-rmse; validation_1-rmse; best_iteration; best_score
lgb auc => valid_0_auc:max
    valid_0_auc; valid_0_binary_logloss; training_auc
lgb rmse => valid_1_rmse:min
    training_rmse; valid_1_rmse; best_iteration
catboost2 => validation-AUC:max
    learn-Logloss; learn-AUC; validation-Logloss; validation-AUC
catboost3 => validation-0-RMSE:min
    learn-RMSE; validation-0-RMSE
autogluon => score_val:max
    score_val; pred_time_val; fit_time
tabnet => val_auc:max
    loss; train_auc; val_auc; lr
darts => val_loss:min
    train_loss; val_loss; epoch
tslib => vali_loss:min
    train_loss; vali_loss; test_loss
neuralforecast => valid_loss:min
    train_loss_step; train_loss_epoch; ptl/val_loss; valid_loss
fairchem => val/energy_mae:min
    train/loss; train/energy_mae; train/forces_mae; train/lr; train/epoch; val/loss;
    val/energy_mae; val/forces_mae; val/energy_force_within_threshold
boltz => val/lddt:max
    train/loss; train/diffusion_loss; train/distogram_loss; val/lddt; val/disto_lddt;
    val/complex_lddt; lr
rfdiffusion/flowmatch => valid/loss:min
    train/loss; train/trans_loss; train/rot_loss; valid/loss
pinn => l2_error:min
    loss; loss_ics; loss_res; l2_error; weights; lr
deepxde => test_loss:min
    train_loss; test_loss; metric_l2
physicsnemo => val_loss:min
    epoch; loss; learning_rate; val_loss
ray tune trainable => episode_reward_mean:max
    episode_reward_mean; episode_reward_max; episode_reward_min; episode_len_mean;
    timesteps_total; time_this_iter_s;
    info/learner/default_policy/learner_stats/total_loss
flower fl => accuracy:max
    round; loss; accuracy; fit_loss
flower fl2 => server/centralized_accuracy:max
    server/centralized_loss; server/centralized_accuracy; clients/train_loss
fedml => Test/Acc:max
    Train/Acc; Train/Loss; Test/Acc; Test/Loss; round
avalanche => Top1_Acc_Stream/eval_phase/test_stream/Task000:max
    Top1_Acc_MB/train_phase/train_stream/Task000;
    Top1_Acc_Epoch/train_phase/train_stream/Task000;
    Loss_MB/train_phase/train_stream/Task000;
    Top1_Acc_Exp/eval_phase/test_stream/Task000/Exp000;
    Top1_Acc_Stream/eval_phase/test_stream/Task000;
    Loss_Stream/eval_phase/test_stream/Task000
ignite => validation/accuracy:max
    training/batchloss; training/loss; training/accuracy; validation/loss;
    validation/accuracy
paddle cls => eval/top1:max
    train/loss; train/lr; train/top1; eval/loss; eval/top1; eval/top5
tfod => DetectionBoxes_Precision/mAP:max
    Loss/classification_loss; Loss/localization_loss; Loss/total_loss;
    Loss/regularization_loss; DetectionBoxes_Precision/mAP;
    DetectionBoxes_Precision/mAP@.50IOU; DetectionBoxes_Recall/AR@100; learning_rate
keras ep => epoch/val_accuracy:max
    epoch/epoch; epoch/loss; epoch/accuracy; epoch/val_loss; epoch/val_accuracy;
    epoch/learning_rate; batch/loss; batch/accuracy
keras topk => epoch/val_top_5_accuracy:max
    epoch/loss; epoch/top_5_accuracy; epoch/val_loss; epoch/val_top_5_accuracy
torchmetrics => val/MulticlassAccuracy:max
    train/loss; val/loss; val/MulticlassAccuracy; val/MulticlassF1Score;
    val/MulticlassAUROC
torchaudio demucs => valid/nsdr:max
    train/loss; train/grad; valid/loss; valid/nsdr; valid/best; test/sdr_med
asteroid => val_loss:min
    loss; val_loss
audiocraft => valid/ppl:min
    train/ce; train/ppl; train/lr; train/grad_norm; valid/ce; valid/ppl; valid/ce_q1
encodec => evaluate/sisnr:max
    train/l1; train/msspec; train/d_loss; train/g_loss; valid/msspec; valid/adv;
    evaluate/sisnr; evaluate/visqol
stable audio => train/loss:min
    train/loss; train/std_data; train/lr; train/mse_loss
kge => valid/MRR:max
    train/loss; valid/MRR; valid/MR; valid/HITS@1; valid/HITS@10; test/MRR
bigvision => val/prec@1:max
    training_loss; l2_params; global_schedule; img/sec/core; val/prec@1; val/loss;
    z/0shot/imagenet_accuracy
scenic => valid/accuracy:max
    train_loss; train_accuracy; train_learning_rate; valid/accuracy; valid/loss;
    img/sec
timm2 => eval_top1:max
    epoch; train_loss; eval_loss; eval_top1; eval_top5; lr
ffcv => top_1_val:max
    current_lr; train_loss; top_1_val; top_5_val; epoch; time
modded-nanogpt => val_loss:min
    train_loss; val_loss; train_time; step_avg
lingua => loss/out:min
    loss/out; optim/lr; optim/grad_norm; speed/wps; speed/FLOPS; memory/max_active_gib
torchtitan2 => validation_metrics/loss:min
    loss_metrics/global_avg_loss; loss_metrics/global_max_loss;
    validation_metrics/loss; throughput(tps); tflops; mfu(%); memory/max_active(GiB);
    lr; grad_norm
nanotron => lm_loss:min
    consumed_tokens; elapsed_time_per_iteration_ms; tokens_per_sec; lm_loss; lr;
    model_tflops_per_gpu; grad_norm
picotron => loss:min
    loss; tokens_per_step; tokens_per_second; mfu; tokens_per_second_per_gpu;
    memory_usage; trained_tokens
mosaicbert => metrics/glue_mnli/MulticlassAccuracy:max
    loss/train/total; metrics/glue_mnli/MulticlassAccuracy;
    metrics/glue_mnli/LanguageCrossEntropy
gato/behaviour => eval/mean_return:max
    train/loss; eval/mean_return; eval/std_return; eval/mean_len
qd => qd_score:max
    qd_score; max_fitness; coverage; loop; iteration
vqvae => val/recon_loss:min
    train/loss; train/recon_loss; train/vq_loss; train/perplexity; val/recon_loss;
    val/perplexity
gan dcgan => none
    errD; errG; D_x; D_G_z1; D_G_z2
gan fid => FID:min
    G_loss; D_loss; FID; IS; lr
wgan => none
    d_loss; g_loss; gp; wasserstein
nlp trainer mc => eval/accuracy:max
    train/loss; eval/loss; eval/accuracy; eval/f1; eval/runtime
token cls seqeval => eval/overall_f1:max
    train/loss; eval/loss; eval/overall_precision; eval/overall_recall;
    eval/overall_f1; eval/overall_accuracy
multi-label => val_f1_micro:max
    train_loss; val_loss; val_f1_micro; val_hamming; val_precision; val_recall
seg binary => val_iou:max
    train_loss; val_loss; train_iou; val_iou; val_precision
medical => val/dice_score:max
    train/dice_loss; val/dice_loss; val/dice_score; val/hd95
medical hd => val/hd95:min
    train/loss; val/hd95; lr
ddpm => loss:min
    loss; ema_decay; lr; grad_norm; step
SR => val/psnr:max
    train/l1; train/perceptual; val/psnr; val/ssim; val/lpips; val/niqe
pose => val/pck:max
    train/loss; val/loss; val/pck
track => val/success_auc:max
    train/loss; train/iou; val/success_auc
reid => mAP:max
    loss; acc; mAP; Rank-1; Rank-5
reid2 => rank1:max
    train/loss; train/acc; rank1; rank5
face => lfw_acc:max
    loss; lr; lfw_acc; cfp_fp_acc; agedb_30_acc
pointcloud => val/mIoU:max
    train/loss; train/mIoU; val/loss; val/mIoU; val/mAcc; val/allAcc
pointcept => val/mIoU:max
    train_batch/loss; train/loss; val/loss; val/mIoU; val/mAcc; val/allAcc; params/lr
clip ft => val/R@1:max
    train/loss; val/R@1; val/R@5; val/R@10
vqa => val/vqa_score:max
    train/loss; val/loss; val/vqa_score
caption => CIDEr:max
    loss; Bleu_1; Bleu_4; METEOR; ROUGE_L; CIDEr; SPICE
asr k2 => valid/wer:min
    train/loss; valid/loss; valid/wer
speaker => eval/eer:min
    train/loss; train/acc; eval/eer; eval/min_dcf
kws => val_acc:max
    train_loss; train_acc; val_loss; val_acc
mt => dev_bleu:max
    train_loss; train_ppl; dev_loss; dev_ppl; dev_bleu
chrf => eval/chrf:max
    train/loss; eval/loss; eval/chrf; eval/gen_len
comet => eval/comet:max
    train/loss; eval/loss; eval/comet
bertscore => eval/bertscore_f1:max
    train/loss; eval/loss; eval/bertscore_f1
code => eval/pass@1:max
    train/loss; eval/loss; eval/pass@1; eval/pass@10
llm bench => mmlu/acc:max
    train/loss; mmlu/acc
two tower => val_auc:max
    train_loss; val_loss; val_auc
ctr => valid_auc:max
    train_logloss; valid_logloss; valid_auc
gauc => val_gauc:max
    train_loss; val_logloss; val_gauc
survival => val/c_index:max
    train/loss; val/loss; val/c_index
forecast => val/mase:min
    train/loss; val/mase
forecast3 => val_nrmse:min
    train_loss; val_nrmse
forecast wql => val/wql:min
    train/loss; val/wql
quantile => val/pinball:min
    train/loss; val/pinball
md => val/forces_mae:min
    train/loss; val/forces_mae
qsar => val/roc_auc:max
    train/loss; val/loss; val/roc_auc; val/pr_auc
dqn atari => eval/return:max
    train/return; eval/return; train/loss; train/eps
ppo => episode_return:max
    episode_return; value_loss; policy_loss; entropy; approx_kl
ppo2 => rollout/ep_rew_mean:max
    rollout/ep_rew_mean; rollout/ep_len_mean; train/loss; train/value_loss;
    train/entropy_loss; time/fps
sac rlkit => evaluation/Average Returns:max
    trainer/QF1 Loss; trainer/Policy Loss; exploration/Average Returns;
    evaluation/Average Returns; evaluation/Returns Max; evaluation/Returns Std
metaworld => eval/success_rate:max
    train/return; eval/return; eval/success_rate
cql => normalized_score:max
    qf_loss; policy_loss; cql_loss; normalized_score
jaxrl => evaluation/return:max
    training/return; training/length; training/critic_loss; evaluation/return;
    evaluation/length
drqv2 => eval/episode_reward:max
    train/episode_reward; train/episode_length; train/fps; train/actor_loss;
    train/batch_reward; eval/episode_reward
mbpo => test/episode_return:max
    train/episode_return; test/episode_return; model/loss
act => val/loss:min
    train/loss; train/l1; train/kl; val/loss; val/l1; val/kl
imitation => rollout/return_mean:max
    bc/loss; bc/entropy; bc/prob_true_act; rollout/return_mean; rollout/return_max;
    rollout/return_min
alphazero => win_rate:max
    policy_loss; value_loss; loss; win_rate; elo_x
marl => return:max
    return; agent_0/return; agent_1/return; loss
marl jax => returned_episode_returns:max
    returned_episode_returns; returned_won_episode; total_loss; env_step
custom acc => Accuracy/val:max
    Loss/train; Loss/val; Accuracy/train; Accuracy/val
custom percent => val/acc_percent:max
    train/loss; val/acc_percent; val/loss
custom camel => valAcc:max
    trainLoss; valLoss; trainAcc; valAcc
custom dash => test-acc:max
    train-loss; train-acc; test-acc; test-loss
custom dot => val.acc:max
    train.loss; train.acc; val.loss; val.acc
custom spaces => Validation Accuracy:max
    Train Loss; Train Accuracy; Validation Loss; Validation Accuracy
custom avg => avg_val_loss:min
    avg_train_loss; avg_val_loss
custom running => val_loss:min
    running_loss; val_loss
custom best => best_acc:max
    loss; best_acc
custom best2 => val_acc:max
    loss; val_acc; best_val_acc
custom ema => val/acc:max
    val/acc; val/ema_acc; val/loss
ema2 => val/acc:max
    val/acc; ema_val/acc
cls per => val/acc:max
    val/acc/cat; val/acc/dog; val/acc; train/acc
multi-val => val/c4/loss:min
    train/loss; val/c4/loss
multi task => val/loss:min
    train/loss; val/loss; val/loss_cls; val/loss_seg
val only total => val/total_loss:min
    train/total_loss; val/total_loss; val/ce; val/kl
ce => val/ce:min
    train/ce; val/ce
nce => train/infonce:min
    train/infonce; lr
bce => val_bce:min
    train_bce; val_bce
l1 => val/l1:min
    train/l1; val/l1
loglik => val/log_likelihood:max
    train/log_likelihood; val/log_likelihood
mll => val/mll:max
    train/nll; val/mll
distill => val/student_acc:max
    train/kd_loss; val/student_acc; val/teacher_acc
prune => test_acc:max
    sparsity; test_acc; train_loss; flops
fairness => val/acc:max
    val/acc; val/dp_gap; val/eo_gap
ood => ood/auroc:max
    train/loss; ood/auroc; ood/fpr95
calib => val/acc:max
    val/acc; val/ece; val/nll
privacy => test_acc:max
    epsilon; delta; test_acc; train_loss
cont => avg_acc:max
    avg_acc; forgetting; loss
ssl => linear/top1:max
    loss; linear/top1; linear/top5
knn => knn_acc:max
    train/loss; knn_acc
mae => val/loss:min
    train/loss; val/loss; train/lr
maerr => mae:min
    loss; mae
only step => none
    epoch; step; lr
tokens => train/loss:min
    train/loss; tokens; tokens_per_sec
slime bench => none
    train/loss; train/grad_norm; rollout/reward; rollout/response_len; eval/dapo_hard;
    eval/dapo_hard/response_len; perf/tokens_per_gpu
slime aime => eval/aime:max
    train/loss; rollout/reward; rollout/raw_reward; eval/aime; perf/step_time
bench with loss => eval/loss:min
    train/loss; eval/loss; eval/longbench_x; train/lr
livecode => eval/livecodebench_v6:max
    train/loss; eval/livecodebench_v6; train/kl
bench many => none
    train/loss; eval/mmlu; eval/arc_challenge; eval/winogrande; lr
ogb cols => Valid:max
    Loss; Train; Valid; Test
ogb cols lower => valid:max
    loss; train; valid; test
ogb acc => Valid Acc:max
    Train Loss; Train Acc; Valid Acc; Test Acc
gnn benchmark => val_acc:max
    train_acc; val_acc; test_acc; train_loss; epoch
dgl rgcn => val/acc:max
    train/loss; val/acc; test/acc
madry => robust_acc:max
    train_loss; clean_acc; robust_acc
trades => test_robust_acc:max
    train_loss; train_acc; test_acc; test_robust_acc; lr
autoattack => test/adv_acc:max
    train/loss; train/adv_acc; test/clean_acc; test/adv_acc
pgd => val_adv_acc:max
    train_loss; val_acc; val_adv_acc; val_adv_loss
flow f1all => val/F1-all:min
    train/loss; val/F1-all
flow both => val/epe:min
    train/loss; val/epe; val/fl_all
flow fl-all => val/Fl-all:min
    train/loss; train/epe; val/Fl-all
verl val core => val-core/openai/gsm8k/reward/mean@1:max
    actor/entropy; actor/pg_loss; actor/grad_norm; critic/score/mean;
    critic/rewards/mean; response_length/mean; val-core/openai/gsm8k/reward/mean@1;
    val-aux/openai/gsm8k/score/mean@1; timing_s/step
openrlhf eval => eval_default_pass1:max
    policy_loss; kl; reward; response_length; eval_default_pass1; actor_lr
prime-rl eval => eval/aime2024/avg@16:max
    loss/mean; entropy/mean; reward/mean; eval/aime2024/avg@16;
    eval/aime2024/completion_len
trl grpo => train/reward:max
    train/loss; train/reward; train/reward_std; train/kl;
    train/completions/mean_length; train/rewards/accuracy_reward/mean;
    train/learning_rate
trl dpo => eval/rewards/accuracies:max
    train/loss; eval/loss; eval/rewards/accuracies; eval/rewards/margins;
    eval/logps/chosen; eval/logps/rejected
unsloth sft => train/loss:min
    train/loss; train/learning_rate; train/grad_norm; train/epoch; train/global_step
hf glue => eval/accuracy:max
    train/loss; train/learning_rate; eval/loss; eval/accuracy; eval/f1;
    eval/combined_score; eval/runtime; eval/samples_per_second
hf eval_ flat => eval_f1:max
    loss; learning_rate; eval_loss; eval_f1; eval_precision; eval_recall; eval_runtime
hf squad => eval/f1:max
    train/loss; eval/exact_match; eval/f1; eval/runtime
edm2 => fid:min
    Loss/loss; Progress/tick; Progress/kimg; Timing/sec_per_tick; fid; fd_dinov2
dit => val/fid:min
    train/loss; train/steps_per_sec; val/fid; val/is; val/sfid
flux lora => loss/validation:min
    loss/current; loss/average; loss/validation; lr/unet; lr/textencoder
video => val/fvd:min
    train/loss; train/mse; val/fvd; val/clip_sim
audio diff => val/fad:min
    train/loss; train/std_data; val/fad; val/kl_passt
whisper ft => eval/wer:min
    train/loss; eval/loss; eval/wer; eval/wer_ortho; eval/runtime
nemo asr => val_wer:min
    train_loss; learning_rate; global_step; train_step_timing in s; val_loss; val_wer;
    training_batch_wer
espnet => valid/cer_ctc:min
    train/loss; train/loss_ctc; train/acc; valid/loss; valid/cer_ctc
espnet acc => valid/acc:max
    train/loss; train/acc; valid/loss; valid/acc; valid/loss_att
vits => none
    loss/g/total; loss/d/total; loss/g/mel; loss/g/kl; grad_norm_g; learning_rate
speechbrain => valid error:min
    train loss; valid loss; valid error; lr
diarization => val/der:min
    train/loss; val/loss; val/der
pyannote => DiarizationErrorRate:min
    loss/train; loss/val; DiarizationErrorRate
recbole => valid_score:max
    train/loss; valid/ndcg@10; valid/recall@10; valid/mrr@10; valid_score
sasrec => valid/NDCG@10:max
    train/loss; valid/NDCG@10; valid/HR@10
dlrm => val/auroc:max
    train/loss; val/auroc; val/ne; val/logloss
torchrec ne => val/ne:min
    train/loss; val/ne; train/ne
gluonts => val_loss:min
    train_loss; val_loss; train_loss_step; epoch
diffusion policy => test/mean_score:max
    train_loss; val_loss; train_action_mse_error; train/mean_score; test/mean_score;
    lr; global_step
lerobot => eval/pc_success:max
    train/loss; train/grad_norm; train/lr; eval/avg_sum_reward; eval/pc_success;
    eval/avg_max_reward
openvla => Action Accuracy:max
    Loss; Action Accuracy; L1 Loss; Learning Rate; Step Time
pi0 => loss:min
    loss; grad_norm; param_norm
rsl_rl => Train/mean_reward:max
    Loss/value_function; Loss/surrogate; Loss/entropy; Loss/learning_rate;
    Policy/mean_noise_std; Perf/total_fps; Train/mean_reward;
    Train/mean_episode_length; Episode_Reward/track_lin_vel
legged success => Episode/success_rate:max
    Loss/surrogate; Train/mean_reward; Episode/success_rate
totalseg => val/dice_avg:max
    train/loss_dice; train/loss_ce; val/dice_avg; val/dice_liver
cxr => val_auroc_mean:max
    train_loss; val_loss; val_auroc_mean; val_auroc_edema
qwk => valid_qwk:max
    train_loss; valid_loss; valid_qwk
mmdet => coco/bbox_mAP:max
    loss; loss_cls; loss_bbox; lr; coco/bbox_mAP; coco/bbox_mAP_50; coco/bbox_mAP_s
yolov8 => metrics/mAP50-95(B):max
    train/box_loss; train/cls_loss; val/box_loss; val/cls_loss; metrics/precision(B);
    metrics/recall(B); metrics/mAP50(B); metrics/mAP50-95(B); lr/pg0
yolov5 => metrics/mAP_0.5:0.95:max
    train/box_loss; val/obj_loss; metrics/precision; metrics/mAP_0.5;
    metrics/mAP_0.5:0.95; x/lr0
torchvision det => val/map:max
    train/loss_classifier; train/loss_box_reg; val/map; val/map_50; val/mar_100
d2 => bbox/AP:max
    total_loss; loss_cls; lr; bbox/AP; bbox/AP50; fast_rcnn/cls_accuracy
xgb logloss => validation_1-logloss:min
    validation_0-logloss; validation_1-logloss
xgb single => validation_0-logloss:min
    validation_0-logloss
xgb auc => validation_1-auc:max
    validation_0-auc; validation_1-auc; best_iteration
xgb eval => eval-error:min
    train-error; eval-error
lgb => valid_1-binary_logloss:min
    training-binary_logloss; valid_1-binary_logloss
lgb multi => valid_0_multi_logloss:min
    valid_0_multi_logloss; best_iteration
catboost => validation-Logloss:min
    learn-Logloss; validation-Logloss; learn-AUC
catboost auc => validation-AUC:max
    learn-Logloss; validation-Logloss; validation-AUC
t5x => inference_eval/glue_mnli/accuracy:max
    train/loss; train/accuracy; train/learning_rate; training_eval/mix/loss;
    inference_eval/glue_mnli/accuracy
maxtext2 => eval/avg_loss:min
    learning/loss; learning/grad_norm; learning/current_learning_rate;
    perf/step_time_seconds; eval/avg_loss; eval/total_loss; eval/total_weights
big_vision => val/prec@1:max
    training_loss; global_schedule; minival/prec@1; val/prec@1; val/loss; l2_params
big_vision i1k => val/acc:max
    training_loss; l2_grads; val/acc; val/loss; a/examples_seen
levanter => eval/loss:min
    train/loss; throughput/mfu; optim/learning_rate; eval/loss; eval/macro_loss;
    eval/paloma/c4/loss
keras multi => val_accuracy:max
    loss; accuracy; val_loss; val_accuracy; learning_rate
keras reg => val_mae:min
    loss; mae; val_loss; val_mae
keras auc => val_auc:max
    loss; auc; val_loss; val_auc; val_precision; val_recall
keras wandb => epoch/val_accuracy:max
    epoch/loss; epoch/accuracy; epoch/val_loss; epoch/val_accuracy;
    epoch/learning_rate; batch/loss
keras custom => val_binary_io_u:max
    loss; binary_io_u; val_loss; val_binary_io_u
keras sparse => val_sparse_categorical_accuracy:max
    loss; sparse_categorical_accuracy; val_loss; val_sparse_categorical_accuracy
dm control => eval/episode_reward:max
    train/episode_reward; train/actor_loss; train/critic_loss; eval/episode_reward;
    eval/episode_length
tdmpc2 => eval/episode_reward:max
    train/episode_reward; train/consistency_loss; train/reward_loss;
    eval/episode_reward; eval/episode_success; eval/fps
cleanba => charts/avg_episodic_return:max
    charts/avg_episodic_return; losses/value_loss; losses/entropy;
    stats/params_queue_size
offline d4rl => eval/normalized_score:max
    actor_loss; critic_loss; eval/normalized_score; eval/return
corl => d4rl_normalized_score:max
    critic_loss; actor_loss; bc_loss; d4rl_normalized_score
procgen => test/mean_episode_reward:max
    train/mean_episode_reward; test/mean_episode_reward; loss/pi; loss/v
go => eval/win_rate:max
    train/loss; train/policy_loss; eval/win_rate; eval/elo
regret => eval/regret:min
    train/loss; eval/regret
rllib new => env_runners/episode_return_mean:max
    env_runners/episode_return_mean; env_runners/episode_return_min;
    env_runners/episode_len_mean; learners/default_policy/policy_loss;
    num_env_steps_sampled_lifetime
nanochat bpb => val/bpb:min
    train/loss; val/bpb; train/tok_per_sec
litgpt => val_ppl:min
    loss; val_loss; val_ppl; learning_rate; iter_time
rwkv => loss:min
    loss; lr; wd; Gtokens; kt/s
mamba => val/perplexity:min
    train/loss; train/perplexity; val/loss; val/perplexity
bert mlm => eval/mlm_accuracy:max
    train/loss; eval/loss; eval/mlm_accuracy
timm csv => eval_top1:max
    train_loss; eval_loss; eval_top1; eval_top5; lr
byol => val_knn_acc:max
    train_loss; val_knn_acc; lr
seg mm => mIoU:max
    loss; decode.loss_ce; decode.acc_seg; aAcc; mIoU; mAcc
nerf => val/psnr:max
    train/loss; train/psnr; val/psnr; val/ssim; val/lpips
nerfstudio => Eval Images Metrics/psnr:max
    Train Loss; Train Metrics Dict/psnr; Eval Loss; Eval Images Metrics/psnr;
    Eval Images Metrics/ssim; Eval Images Metrics/lpips
tracking mot => val/HOTA:max
    train/loss; val/HOTA; val/MOTA; val/IDF1
depth2 => val/abs_rel:min
    train/silog; val/abs_rel; val/d1; val/rmse
counting => val/MAE:min
    train/loss; val/MAE; val/RMSE
equiformer => val/energy_mae:min
    train/loss; val/loss; val/energy_mae; val/forces_mae
esm => val/perplexity:min
    train/loss; val/loss; val/perplexity; val/contact_precision
openfold => val/lddt_ca:max
    train/loss; train/fape; val/lddt_ca; val/loss; val/drmsd_ca
pde => test_l2:min
    train_l2; test_l2; train_mse
gp => nll:min
    nll; lengthscale; noise
flow density => val/bpd:min
    train/bpd; val/bpd
sklearn2 => accuracy:max
    accuracy; precision; recall; f1
setfit again => eval/accuracy:max
    train/embedding_loss; train/learning_rate; train/grad_norm; train/epoch;
    eval/embedding_loss; eval/accuracy; eval/runtime
sbert sts => eval/sts-dev_spearman_cosine:max
    train/loss; train/learning_rate; train/epoch; eval/loss;
    eval/sts-dev_pearson_cosine; eval/sts-dev_spearman_cosine; eval/runtime
sbert ir => eval/NanoBEIR_mean_cosine_ndcg@10:max
    train/loss; eval/loss; eval/NanoBEIR_mean_cosine_accuracy@1;
    eval/NanoBEIR_mean_cosine_precision@10; eval/NanoBEIR_mean_cosine_recall@10;
    eval/NanoBEIR_mean_cosine_ndcg@10; eval/NanoBEIR_mean_cosine_mrr@10;
    eval/NanoBEIR_mean_cosine_map@100; eval/NanoMSMARCO_cosine_ndcg@10
sbert triplet => eval/all-nli-dev_cosine_accuracy:max
    train/loss; eval/loss; eval/all-nli-dev_cosine_accuracy; eval/runtime;
    train/global_step
torchmetrics multiclass => val/MulticlassAccuracy:max
    train/loss; train/MulticlassAccuracy; val/loss; val/MulticlassAccuracy;
    val/MulticlassF1Score; val/MulticlassAUROC; epoch; trainer/global_step
torchmetrics binary => val/BinaryAccuracy:max
    train_loss_step; train_loss_epoch; val/loss; val/BinaryAccuracy; epoch
torchmetrics jaccard => val_JaccardIndex:max
    train_loss; val_loss; val_JaccardIndex; val_Accuracy; lr-AdamW
torchmetrics regression => val/MeanAbsoluteError:min
    train/loss; val/loss; val/MeanAbsoluteError; epoch
lightning hydra => val/acc_best:max
    train/loss; train/acc; val/loss; val/acc_best; test/loss
lightning dataloader idx => val_loss/dataloader_idx_0:min
    train_loss; val_loss/dataloader_idx_0; val_loss/dataloader_idx_1; epoch
keras WandbMetricsLogger => epoch/val_loss:min
    epoch/epoch; epoch/loss; epoch/val_loss; epoch/learning_rate
keras mae => epoch/val_mean_absolute_error:min
    epoch/epoch; epoch/loss; epoch/mean_absolute_error; epoch/val_loss;
    epoch/val_mean_absolute_error; epoch/learning_rate
keras multi-output => epoch/val_loss:min
    epoch/loss; epoch/class_loss; epoch/box_loss; epoch/val_loss;
    epoch/val_class_loss; epoch/val_box_loss
keras top5 => epoch/val_categorical_accuracy:max
    epoch/loss; epoch/val_loss; epoch/categorical_accuracy;
    epoch/val_categorical_accuracy; epoch/val_top_k_categorical_accuracy
yolo11 seg => metrics/mAP50-95(M):max
    train/box_loss; train/seg_loss; val/seg_loss; metrics/precision(B);
    metrics/mAP50-95(B); metrics/precision(M); metrics/mAP50(M);
    metrics/mAP50-95(M); lr/pg0
yolo obb => metrics/mAP50-95(B):max
    train/angle_loss; val/angle_loss; metrics/mAP50(B); metrics/mAP50-95(B);
    metrics/recall(B); lr/pg0
yolo cls => metrics/accuracy_top1:max
    train/loss; val/loss; metrics/accuracy_top1; metrics/accuracy_top5; lr/pg0
rfdetr => val/mAP_50_95:max
    train/loss; train/loss_ce; train/loss_giou; val/loss; val/mAP_50_95; val/mAP_50;
    val/mAR
rtdetr => test/ap50_95:max
    train/loss; train/loss_vfl; test/ap50_95; test/ap50; lr/pg_0
hf detection => eval/map:max
    train/loss; eval/loss; eval/map; eval/map_50; eval/map_75; eval/map_small;
    eval/mar_100; eval/map_person; eval/runtime
hf segmentation => eval/mean_iou:max
    train/loss; eval/loss; eval/mean_iou; eval/mean_accuracy; eval/overall_accuracy;
    eval/per_category_iou; eval/runtime
hf ner seqeval => eval/overall_f1:max
    train/loss; eval/loss; eval/overall_precision; eval/overall_recall;
    eval/overall_f1; eval/overall_accuracy; eval/LOC/f1; eval/PER/f1
hf translation => eval/bleu:max
    train/loss; eval/loss; eval/bleu; eval/gen_len; eval/runtime
hf sts => eval/spearmanr:max
    train/loss; eval/loss; eval/pearson; eval/spearmanr; eval/combined_score;
    eval/runtime
hf cola => eval/matthews_correlation:max
    train/loss; eval/loss; eval/matthews_correlation; eval/runtime
hf final test => eval/accuracy:max
    train/loss; eval/accuracy; eval/loss; test/accuracy; test/loss; test/runtime
hf ddp total => eval/loss:min
    train/loss; eval/loss; eval/perplexity_train; total_flos; train_loss
sb3 SAC => eval/mean_reward:max
    eval/mean_reward; eval/mean_ep_length; rollout/ep_rew_mean; train/actor_loss;
    train/critic_loss; train/ent_coef; time/total_timesteps
sb3 success => rollout/success_rate:max
    rollout/ep_rew_mean; rollout/ep_len_mean; rollout/success_rate; train/actor_loss
cleanrl new => charts/episodic_return:max
    charts/episodic_return; charts/episodic_length; losses/qf1_values;
    losses/qf1_loss; losses/actor_loss; losses/alpha; eval/episodic_length
trl online dpo => objective/rlhf_reward:max
    objective/kl; objective/entropy; objective/non_score_reward;
    objective/rlhf_reward; objective/scores; objective/scores_margin;
    rewards/chosen; rewards/rejected; rewards/accuracies; rewards/margins;
    logps/chosen; val/contain_eos_token; beta
trl reward => eval/accuracy:max
    train/loss; train/accuracy; train/mean_reward; train/min_reward;
    train/max_reward; eval/loss; eval/accuracy; eval/mean_reward; eval/margin
trl grpo eval => eval/reward:max
    train/reward; train/reward_std; train/loss; train/kl; eval/reward;
    eval/reward_std; eval/loss; eval/completions/mean_length;
    eval/rewards/accuracy_reward/mean
trl gkd => eval/loss:min
    train/loss; train/learning_rate; eval/loss; eval/runtime
verl aime => val-core/math_dapo/acc/mean@32:max
    actor/entropy; actor/kl_loss; actor/pg_loss; critic/score/mean;
    critic/rewards/mean; critic/advantages/mean; response_length/mean;
    val-core/math_dapo/acc/mean@32; val-core/math_dapo/acc/best@32/mean;
    val-aux/math_dapo/reward/mean@32; timing_s/step; perf/throughput
verl no val again => critic/rewards/mean:max
    actor/entropy; actor/pg_loss; critic/score/mean; critic/score/max;
    critic/rewards/mean; critic/rewards/max; critic/returns/mean;
    response_length/mean; global_seqlen/mean; perf/mfu/actor
axolotl eval => eval/loss:min
    train/loss; train/grad_norm; train/memory/max_mem_active(gib); eval/loss;
    eval/runtime; eval/steps_per_second
torchtune dpo again => rewards/accuracies:max
    loss; lr; tokens_per_second_per_gpu; rewards/chosen; rewards/rejected;
    rewards/accuracies; rewards/margins; log_probs/chosen; log_probs/rejected
torchtune val => val_loss:min
    loss; lr; tokens_per_second_per_gpu; grad_norm; val_loss
torchtitan => loss_metrics/global_avg_loss:min
    loss_metrics/global_avg_loss; loss_metrics/global_max_loss; grad_norm;
    throughput(tps); mfu(%); memory/max_active(GiB)
torchtitan val => validation_metrics/loss:min
    loss_metrics/global_avg_loss; loss_metrics/global_max_loss;
    validation_metrics/loss; throughput(tps)
megatron again => lm loss validation:min
    lm loss; lm loss validation; lm loss validation ppl; learning-rate; grad-norm;
    loss-scale; iteration-time; batch-size; num-zeros; params-norm
megatron2 again => lm loss:min
    lm loss; learning-rate; grad-norm; loss-scale; throughput; load_balancing_loss;
    z_loss
litgpt again => val_ppl:min
    loss; iter; epoch; iter_time; tokens; val_loss; val_ppl; total_tokens;
    learning_rate
olmo => eval/c4_en-validation/Perplexity:min
    train/CrossEntropyLoss; train/Perplexity; optim/total_grad_norm;
    throughput/total_tokens; eval/c4_en-validation/CrossEntropyLoss;
    eval/c4_en-validation/Perplexity; System/Peak GPU Memory (MB)
llm-foundry again => metrics/eval/LanguagePerplexity:min
    loss/train/total; metrics/train/LanguageCrossEntropy;
    metrics/train/LanguagePerplexity; metrics/eval/LanguageCrossEntropy;
    metrics/eval/LanguagePerplexity; throughput/tokens_per_sec;
    lr-DecoupledAdamW/group0; time/batch
composer => metrics/eval/MulticlassAccuracy:max
    loss/train/total; metrics/train/MulticlassAccuracy;
    metrics/eval/MulticlassAccuracy; metrics/eval/CrossEntropy;
    trainer/device_train_microbatch_size
open_clip again => val/imagenet-zeroshot-val-top1:max
    train/loss; train/data_time; train/samples_per_second; train/scale; train/lr;
    val/imagenet-zeroshot-val-top1; val/imagenet-zeroshot-val-top5
open_clip retrieval => val/image_to_text_R@1:max
    train/contrastive_loss; train/logit_scale; val/image_to_text_mean_rank;
    val/image_to_text_R@1; val/image_to_text_R@5; val/text_to_image_R@1;
    val/clip_val_loss
dino => test/acc1:max
    train_loss; train_lr; train_wd; test/acc1; test/acc5
mae finetune => perf/test_acc1:max
    train_loss; lr; perf/test_acc1; perf/test_acc5; perf/test_loss; epoch
fairseq2 => valid/ppl:min
    train/loss; train/ppl; train/wps; valid/loss; valid/ppl; valid/nll_loss
espnet2 again => valid/acc:max
    train/loss; train/loss_att; train/acc; train/optim0_lr0; valid/loss;
    valid/loss_ctc; valid/loss_att; valid/acc; valid/cer_ctc
nemo asr rnnt => val_wer:min
    train_loss; training_batch_wer; val_wer; val_loss; learning_rate
coqui tts => none
    TrainEpochStats/avg_loss_gen; TrainEpochStats/avg_loss_disc;
    EvalStats/avg_loss_disc; EvalStats/avg_loss_gen
rllib old => evaluation/episode_reward_mean:max
    episode_reward_mean; episode_reward_max; evaluation/episode_reward_mean;
    evaluation/episode_reward_max; episode_len_mean;
    info/learner/default_policy/learner_stats/vf_loss
brax again => eval/episode_reward:max
    eval/episode_reward; eval/episode_reward_std; eval/avg_episode_length;
    eval/epoch_eval_time; training/sps; training/policy_loss; training/v_loss
purejaxrl again => episodic_return:max
    episodic_return; total_loss; actor_loss; value_loss
dreamerv3 => episode/score:max
    episode/score; episode/length; epstats/log/reward_max/avg; train/loss/dyn;
    train/loss/rew; train/rand/action; fps/train; replay/size
tdmpc => eval/episode_success:max
    train/episode_reward; train/episode_success; eval/episode_success;
    train/total_loss
mujoco playground => eval/episode_reward:max
    eval/episode_reward; eval/episode_reward/alive; eval/episode_reward/tracking;
    eval/avg_episode_length; training/total_loss
isaac lab skrl => Reward / Total reward (mean):max
    Reward / Total reward (mean); Reward / Total reward (max);
    Reward / Total reward (min); Reward / Instantaneous reward (mean);
    Episode / Total timesteps (mean); Loss / Policy loss; Loss / Value loss;
    Policy / Standard deviation
epymarl => test_return_mean:max
    return_mean; return_std; test_return_mean; test_return_std; ep_length_mean;
    loss; q_taken_mean
pymarl smac => test_battle_won_mean:max
    return_mean; test_return_mean; battle_won_mean; test_battle_won_mean; loss;
    td_error_abs
onpolicy mappo => average_episode_rewards:max
    average_episode_rewards; value_loss; policy_loss; dist_entropy; actor_grad_norm;
    ratio
monai => val_mean_dice:max
    train_loss; val_mean_dice; lr
monai swin => val/dice_avg:max
    train/loss; val/dice_avg; val/dice_tc; val/dice_wt; val/dice_et
medsam => val/dsc:max
    train/loss; val/loss; val/dsc; val/nsd
diffusers prior => train_loss:min
    train_loss; step_loss; lr; prior_loss
stylegan3 => Metrics/fid50k_full:min
    Loss/G/loss; Loss/D/loss; Loss/scores/real; Loss/scores/fake; Loss/signs/real;
    Progress/augment; Metrics/fid50k_full
pix2pix again => none
    G_GAN; G_L1; D_real; D_fake; epoch
gan is => inception_score:max
    loss_g; loss_d; inception_score
xgboost cb => validation-auc:max
    train-auc; validation-auc; train-logloss; validation-logloss; epoch
xgb rmse again => eval-rmse:min
    train-rmse; eval-rmse; best_score; best_iteration
xgb mlogloss => valid-mlogloss:min
    train-mlogloss; valid-mlogloss
lgbm cb => valid_0_auc:max
    training_auc; valid_0_auc; iteration
ogb mol => valid/rocauc:max
    train/loss; train/rocauc; valid/rocauc; test/rocauc
pyg link => val_mrr:max
    loss; train_mrr; val_mrr; test_mrr; val_hits@10
darts again => val_MeanAbsolutePercentageError:min
    train_loss; val_loss; train_MeanAbsolutePercentageError;
    val_MeanAbsolutePercentageError; epoch
tslib again => vali_loss:min
    train_loss; vali_loss; test_loss; epoch
maxtext again => learning/loss:min
    learning/loss; learning/moe_lb_loss; learning/grad_norm; learning/param_norm;
    learning/current_learning_rate; learning/total_weights;
    perf/per_device_tflops_per_sec
sklearn reg => test_r2:max
    train_mse; test_mse; test_r2; test_mae
sklearn gs => mean_test_score:max
    mean_test_score; std_test_score; mean_fit_time; rank_test_score
catboost again => validation-RMSE:min
    learn-RMSE; validation-RMSE
fastai err again => error_rate:min
    epoch; train_loss; valid_loss; error_rate; lr_0; mom_0
ignite again => validation/accuracy:max
    training/batchloss; training/accuracy; training/nll; validation/accuracy;
    validation/nll; lr/group_0
simpletransformers => mcc:max
    Training loss; lr; global_step; mcc; tp; tn; fp; fn; eval_loss; train_loss
allennlp => validation/accuracy:max
    training/loss; training/accuracy; validation/accuracy; validation/loss;
    best_validation/accuracy; training/gpu_0_memory_MB
dinov2 knn => knn/top1:max
    total_loss; dino_local_crops_loss; ibot_loss; koleo_loss; lr; wd; knn/top1
paddle => eval/acc:max
    train/loss; train/lr; eval/loss; eval/acc
lerobot act => eval/pc_success:max
    train/loss; train/l1_loss; train/kld_loss; train/grad_norm; eval/pc_success;
    eval/avg_sum_reward; eval/eval_s
octo again => validation/mse:min
    training/loss; training/mse; validation/loss; validation/mse; gradient_norm
nerfacc => test/psnr:max
    train/loss; train/psnr; test/psnr; test/lpips
gsplat again => val/psnr:max
    train/loss; train/l1loss; train/ssimloss; train/num_GS; train/mem; val/psnr;
    val/ssim; val/lpips; val/num_GS; val/ellipse_time
mlagents => Self-play/ELO:max
    Environment/Cumulative Reward; Environment/Episode Length; Losses/Policy Loss;
    Losses/Value Loss; Policy/Entropy; Policy/Extrinsic Reward;
    Policy/Learning Rate; Self-play/ELO
slime2 => eval/aime:max
    train/pg_loss; train/loss; rollout/raw_reward; rollout/rewards;
    rollout/response_lengths; eval/aime; eval/aime/response_len; perf/rollout_time
areal again => eval-rollout/reward:max
    ppo_actor/task_reward/avg; ppo_actor/update/actor_loss/avg; rollout/reward;
    eval-rollout/reward; timeperf/rollout
tinker again => test/env/all/reward/total:max
    env/all/reward/total; env/all/correct; optim/entropy; optim/kl_sample_train_v1;
    test/env/all/reward/total; test/env/all/correct; time/total
rllm => val/test_score/math:max
    critic/score/mean; actor/pg_loss; val/test_score/math; batch/solve_none;
    batch/solve_all
karpathy llama2.c => loss/val:min
    iter; tokens; loss/train; loss/val; lr; mfu
schnet => val_energy_MAE:min
    train_loss; val_loss; val_energy_MAE; val_forces_MAE
pinn again => test/rel_l2:min
    train/loss; train/loss_pde; train/loss_bc; test/rel_l2
kge again => val/mrr:max
    train/loss; val/mrr; val/mr; val/hits@1; val/hits@10
federated => server/accuracy:max
    client_0/loss; client_1/loss; server/loss; server/accuracy; round
continual => Top1_Acc_Stream/eval_phase/test_stream/Task000:max
    Loss_MB/train_phase/train_stream/Task000;
    Top1_Acc_MB/train_phase/train_stream/Task000;
    Top1_Acc_Stream/eval_phase/test_stream/Task000;
    Loss_Stream/eval_phase/test_stream/Task000
custom1 => val/top1:max
    loss; lr; val/top1; val/top5; time
custom2 => Validation/Loss:min
    Training/Loss; Validation/Loss; Training/Learning Rate
custom3 => Test Accuracy (%):max
    Train Loss; Train Accuracy (%); Test Loss; Test Accuracy (%)
custom4 => eval_acc:max
    epoch_loss; batch_loss; eval_acc
custom5 => dev_em:max
    train_loss; dev_loss; dev_em
custom6 => best_valid_loss:min
    train_loss; best_valid_loss; patience
custom7 => valid.BLEU:max
    train.loss; valid.loss; valid.BLEU
custom8 => mean_reward:max
    mean_reward; std_reward; critic_loss; actor_loss; buffer_size
neg mean => val_neg_mean_squared_error:max
    val_neg_mean_squared_error; train_neg_mean_squared_error
neg rmse => cv_score:max
    cv_score; fit_time
vae loss => val_loss:min
    train_loss; train_kld; train_reconstruction_loss; val_loss; val_kld;
    val_reconstruction_loss
ece => val/nll:min
    train/loss; val/nll; val/ece
verl classic => val/test_score/openai/gsm8k:max
    actor/entropy_loss; actor/pg_loss; critic/score/mean; critic/rewards/mean;
    val/test_score/openai/gsm8k; timing_s/step
lm-eval mmlu => mmlu/acc,none:max
    mmlu/acc,none; mmlu/acc_stderr,none; mmlu_humanities/acc,none;
    mmlu_stem/acc,none
early bench => val_loss:min
    loss; val_loss; early_stopping/best_score; early_stopping/wait
ensembles => val/acc:max
    val/acc; val/model_0/acc; val/model_1/acc; val/loss
latency only => none
    latency_ms; p99_latency; throughput; batch_size
squad hf => eval/exact_match:max
    train/loss; eval/exact_match; eval/loss
vlm => eval/MMMU:max
    train/loss; eval/loss; eval/MMMU; eval/DocVQA
pose again => val/AP:max
    loss_kpt; acc_pose; val/AP; val/AR
mmpose again => coco/AP:max
    loss; loss_kpt; acc_pose; coco/AP; coco/AP .5; coco/AP (M); coco/AR
mmseg new => val/mIoU:max
    train/loss; train/decode.loss_ce; train/decode.acc_seg; val/mIoU; val/aAcc;
    val/mAcc
pycls => test/top1_err:min
    train/loss; train/top1_err; test/top1_err; test/top5_err; test/min_top1_err
dp => val/acc:max
    train/loss; dp/epsilon; val/acc
diffusion rl => reward_mean:max
    reward_mean; reward_std; loss; approx_kl; clipfrac
rm => eval/accuracy:max
    train/loss; eval/loss; eval/accuracy; eval/chosen_reward; eval/reject_reward
openrlhf rm => eval/acc_mean:max
    train/loss; train/acc; train/chosen_reward; train/reject_reward; eval/eval_loss;
    eval/acc_mean; eval/reward_mean; eval/reward_std
openrlhf sft => eval/eval_loss:min
    train/gpt_loss; train/loss_mean; train/lr; eval/eval_loss
unsloth grpo => train/reward:max
    train/loss; train/reward; train/reward_std; train/kl; train/completion_length;
    train/rewards/correctness_reward_func; train/rewards/int_reward_func
acme => evaluator/episode_return:max
    actor/episode_return; evaluator/episode_return; learner/critic_loss;
    learner/steps
spinning up => AverageEpRet:max
    AverageEpRet; StdEpRet; MaxEpRet; MinEpRet; EpLen; LossPi; LossV; KL; Entropy
rlpyt => ReturnAverage:max
    ReturnAverage; ReturnStd; LengthAverage; lossAverage; gradNormAverage
trading => val/sharpe:max
    train/loss; val/loss; val/sharpe
docking => val/rmsd:min
    train/loss; val/rmsd
audio cls => val/mAP:max
    train/loss; val/mAP; val/loss
lora sd => loss/avg:min
    loss/current; loss/avg; lr/unet; lr/textencoder
simclr => val/knn_top1:max
    train/loss; train/contrastive_acc; val/knn_top1
captions => CIDEr:max
    loss; Bleu_1; Bleu_4; METEOR; ROUGE_L; CIDEr
pipe => valid|acc:max
    train|loss; valid|acc
bal acc => val/balanced_accuracy:max
    train/loss; val/loss; val/balanced_accuracy
huber => val_huber:min
    train_huber; val_huber
iou typo => val_iou_score:max
    val_iou_score; val_dice_loss; train_dice_loss
logcosh => val_logcosh:min
    train_logcosh; val_logcosh; lr
frac => val/frac_correct:max
    train/loss; val/frac_correct
correct => test/correct:max
    train/loss; test/correct
mup => val/loss:min
    train/loss; val/loss; coord_check/l2
distilwhisper => eval/wer_ortho:min
    train/loss; train/ce_loss; train/kl_loss; eval/loss; eval/wer_ortho
trl sft acc => train/loss:min
    train/loss; train/mean_token_accuracy; train/entropy; train/num_tokens;
    train/grad_norm
trlx again => reward/mean:max
    losses/total_loss; losses/policy_loss; reward/mean; reward/std; policy/sqrt_kl;
    returns/mean; values/mean
torchtune ppo again => rewards:max
    loss; policy_loss; value_loss; rewards; kl; clipfrac; response_lengths
megatron-ds => lm-loss-validation/lm loss validation:min
    lm-loss-training/lm loss; lm-loss-validation/lm loss validation;
    learning-rate/learning-rate
modula => test_accuracy:max
    train_loss; train_accuracy; test_loss; test_accuracy
timm2 again => eval/top1:max
    train/loss; eval/loss; eval/top1; eval/top5
mmocr again => icdar/hmean:max
    loss; icdar/precision; icdar/recall; icdar/hmean
yolov7 again => metrics/mAP_0.5:0.95:max
    train/box_loss; train/obj_loss; metrics/precision; metrics/recall;
    metrics/mAP_0.5; metrics/mAP_0.5:0.95; val/box_loss
sam ft => val/iou:max
    train/loss; train/dice_loss; train/focal_loss; val/iou; val/dice
deeplab => Val/mIoU:max
    Train/Loss; Val/Loss; Val/mIoU; Val/Pixel Acc
edm again => fid50k_full:min
    Loss/loss; Progress/kimg; fid50k_full
consistency => loss:min
    loss; ema_rate; num_scales; grad_norm; teacher_loss
vits2 => none
    loss/g/total; loss/d/total; loss/g/fm; loss/g/mel; loss/g/dur; loss/g/kl;
    learning_rate; grad_norm_d
s3prl => asr-dev-clean-wer:min
    asr-train-loss; asr-dev-clean-loss; asr-dev-clean-wer; asr-dev-clean-uer
robomimic => Rollout/Success_Rate/Can:max
    Train/Loss; Train/Learning_Rate; Valid/Loss; Rollout/Success_Rate/Can;
    Rollout/Return/Can; Rollout/Horizon/Can
legged robot => Train/mean_reward:max
    Train/mean_reward; Train/mean_episode_length; Episode/rew_tracking_lin_vel;
    Loss/value_function; Loss/surrogate; Policy/mean_noise_std
carla => eval/driving_score:max
    train/loss; eval/driving_score; eval/route_completion; eval/infraction_penalty
waymo motion => val/minADE:min
    train/loss; val/minADE; val/minFDE; val/miss_rate
nuplan => val/ade:min
    train/loss; val/ade; val/fde
molgen => valid/nll:min
    train/nll; valid/nll; valid/validity; valid/uniqueness
commonsense => dev_accuracy:max
    loss; dev_accuracy; dev_loss
graph transformer => val/ap:max
    train/loss; val/ap; test/ap; best_val_ap
hf eval of a test split => eval/validation/accuracy:max
    train/loss; eval/validation/loss; eval/validation/accuracy; eval/test/accuracy
nanochat base => val/bpb:min
    step; total_training_flops; val/bpb; core_metric;
    centered_results.hellaswag_zeroshot; centered_results.winogrande;
    centered_results.piqa; train/loss; train/dt; train/tok_per_sec; train/mfu
lingua too => loss/out:min
    global_step; acc_step; speed/wps; speed/FLOPS; speed/curr_iter_time;
    speed/data_load_time; optim/grad_norm; optim/lr; optim/total_tokens;
    memory/max_active_pct; memory/num_ooms; loss/out
lm-eval => none
    hellaswag/acc; hellaswag/acc_norm; arc_challenge/acc; arc_challenge/acc_norm;
    mmlu/acc; winogrande/acc; gsm8k/exact_match; hellaswag/alias
mmpose pck => PCK:max
    lr; loss_kpt; acc_pose; PCK; AUC; EPE; time; memory
rf-detr too => Metrics/EMA/AP50_90:max
    Loss/Train; Loss/Test; Metrics/Base/AP50; Metrics/Base/AP50_90;
    Metrics/Base/AR50_90; Metrics/EMA/AP50; Metrics/EMA/AP50_90;
    Metrics/EMA/AR50_90; epoch
keras regression => val_mean_absolute_error:min
    loss; mean_absolute_error; mean_squared_error; val_loss;
    val_mean_absolute_error; val_mean_squared_error; epoch; lr
keras multi output => val_loss:min
    loss; age_loss; gender_loss; age_mae; gender_accuracy; val_loss; val_age_loss;
    val_gender_loss; val_age_mae; val_gender_accuracy; epoch
lightning binary => val_BinaryAUROC:max
    train_loss; val_loss; val_BinaryAUROC; val_BinaryAveragePrecision; epoch;
    trainer/global_step
hf two sets => eval/iid_accuracy:max
    train/loss; eval/iid_loss; eval/iid_accuracy; eval/iid_runtime; eval/ood_loss;
    eval/ood_accuracy; eval/ood_runtime; train/learning_rate
kge too => validation.both.realistic.inverse_harmonic_mean_rank:max
    training.loss; validation.both.realistic.inverse_harmonic_mean_rank;
    validation.both.realistic.hits_at_10; validation.both.realistic.hits_at_1;
    validation.both.realistic.arithmetic_mean_rank;
    validation.both.realistic.adjusted_mean_rank_index
recsys HR => NDCG@10:max
    train/loss; HR@1; HR@5; HR@10; NDCG@5; NDCG@10; MRR; epoch
nerfstudio too => Eval Images Metrics/psnr:max
    Train Loss; Train Loss Dict/rgb_loss; Train Metrics Dict/psnr; Train Metrics
    Dict/distortion; Train Rays / Sec; Eval Loss; Eval Loss Dict/rgb_loss; Eval
    Metrics Dict/psnr; Eval Images Metrics/psnr; Eval Images Metrics/ssim; Eval
    Images Metrics/lpips; Eval Images Metrics Dict (all images)/psnr; Eval Images
    Metrics Dict (all images)/ssim; Eval Images Metrics Dict (all images)/lpips;
    Learning Rate/fields
sb3 eval => eval/mean_reward:max
    rollout/ep_len_mean; rollout/ep_rew_mean; rollout/success_rate;
    eval/mean_ep_length; eval/mean_reward; time/fps; train/actor_loss;
    train/critic_loss; train/ent_coef; train/ent_coef_loss; train/learning_rate
d4rl corl => d4rl_normalized_score:max
    actor_loss; critic_loss; value_loss; adv; d4rl_normalized_score; eval/return
diffusion policy too => test/mean_score:max
    train_loss; val_loss; train_action_mse_error; lr; global_step; epoch;
    train/mean_score; test/mean_score; train/sim_max_reward_0;
    train/sim_max_reward_1; test/sim_max_reward_100000; test/sim_max_reward_100001
robomimic too => Rollout/Success_Rate/Lift:max
    Train/Loss; Train/Log_Likelihood; Train/Policy_Grad_Norms; Valid/Loss;
    Valid/Log_Likelihood; Rollout/Return/Lift; Rollout/Success_Rate/Lift;
    Rollout/Horizon/Lift; Rollout/Exception_Rate/Lift;
    Timing_Stats/Train_Train_Batch; System/RAM Usage (MB); epoch
maniskill => eval/success_once:max
    losses/value_loss; losses/policy_loss; losses/entropy; eval/success_once;
    eval/success_at_end; eval/return; eval/reward; eval/episode_len;
    train/success_once; train/return
dqn titles => Reward per episode:max
    Reward per episode; Epsilon decay; Number of steps per episode
robot user => episode_reward:max
    reward; distance_to_goal; velocity; step; episode; epsilon; angle;
    finished_amount; episode_reward
test auroc => test_auroc:max
    train_loss; test_loss; test_auroc; test_auprc
obj gap => val_obj_gap:min
    train_loss; val_obj_gap; test_obj_gap; best_val_obj_gap; test_obj_gap_mean;
    test_obj_gap_std
dependency => dev UAS:max
    dev root accuracy; dev UAS; train loss
gan titles => FID Score:min
    Generator Loss; Discriminator Loss; FID Score
gluonts eval => mean_wQuantileLoss:min
    MSE; abs_error; abs_target_sum; MASE; MAPE; sMAPE; mean_wQuantileLoss; RMSE;
    NRMSE; Coverage[0.5]; Coverage[0.9]
chgnet => none
    train e MAE; train f MAE; train s MAE; val e MAE; val f MAE; val s MAE; epoch;
    lr
molgen too => FCD:min
    train_loss; validity; uniqueness; novelty; FCD; SNN; epoch
domainbed => none
    step; epoch; loss; env0_in_acc; env0_out_acc; env1_in_acc; env1_out_acc;
    env2_in_acc; env2_out_acc; step_time; mem_gb
face too => none
    loss; lr; lfw; cfp_fp; agedb_30; epoch
vpr => msls_val/R1:max
    loss; b_acc; pitts30k_val/R1; pitts30k_val/R5; pitts30k_val/R10; msls_val/R1;
    msls_val/R5; epoch; trainer/global_step
pose 3d => val/mpjpe:min
    train/loss; train/loss_3d; val/mpjpe; val/pa_mpjpe; val/pck; val/auc; lr
ocr => eval/cer:min
    train/loss; eval/loss; eval/cer; eval/accuracy; eval/runtime;
    train/learning_rate
prime-rl too => eval/aime24/avg@16:max
    reward/mean; reward/std; loss/mean; entropy/mean; seq_len/mean;
    is_truncated/mean; eval/aime24/avg@16; eval/aime24/pass@16; progress/samples
open-instruct => eval/scores:max
    episode; objective/scores; objective/verifiable_reward;
    objective/verifiable_correct_rate; objective/kl_avg; loss/policy_avg;
    loss/total_avg; val/stop_rate; val/ratio; eval/scores
clustering => ari:max
    loss; nmi; ari; silhouette; n_clusters
kaggle folds => cv_score:max
    fold_0/val_score; fold_1/val_score; fold_2/val_score; cv_score
eval several => average:max
    mmlu; hellaswag; arc_c; gsm8k; truthfulqa; average
eval several no avg => none
    mmlu; hellaswag; arc_c; gsm8k; truthfulqa
reward model bench => overall:max
    Chat; Chat Hard; Safety; Reasoning; overall
mteb => avg:max
    Classification/avg; Clustering/avg; Retrieval/avg; STS/avg; avg
glue eval => glue/avg:max
    cola/mcc; sst2/acc; mrpc/f1; stsb/spearman; mnli/acc; qnli/acc; rte/acc;
    glue/avg
short keys => va_acc:max
    tr_loss; tr_acc; va_loss; va_acc
world model => val/fvd:min
    train/loss; train/recon; train/kl; val/fvd; val/psnr; val/ssim; val/lpips; lr
scanobject => test_instance_acc:max
    train_acc; test_instance_acc; test_class_acc; best_instance_acc; lr
nav => val_unseen/success_rate:max
    loss/IL_loss; loss/RL_loss; val_seen/spl; val_seen/success_rate; val_unseen/spl;
    val_unseen/success_rate; val_unseen/nav_error; loss/entropy
habitat => metrics/success:max
    reward; metrics/distance_to_goal; metrics/success; metrics/spl;
    metrics/soft_spl; losses/value_loss; losses/action_loss; losses/entropy;
    perf/fps; learner/grad_norm
beat => val_F-measure_beat:max
    train_loss; val_loss; val_F-measure_beat; val_CMLt_beat; val_AMLt_beat; lr
retinopathy => val_qwk:max
    train_loss; val_loss; val_acc; val_qwk; lr
pathology => val/auc:max
    train/loss; train/clustering_loss; val/loss; val/error; val/auc; final/test_auc;
    final/val_auc; class_0_acc
image matting => val/SAD:min
    train/loss; val/SAD; val/MSE; val/Grad; val/Conn; lr
steganalysis => val_wauc:max
    train_loss; val_loss; val_wauc; lr
deepfake => val_eer:min
    loss; train_acc; val_acc; val_eer; val_auc; lr
sae => metrics/ce_loss_score:max
    losses/overall_loss; losses/mse_loss; losses/l1_loss;
    metrics/explained_variance; metrics/l0; metrics/ce_loss_score;
    sparsity/dead_features; sparsity/below_1e-5; details/n_training_tokens;
    details/current_learning_rate
uda => target_acc:max
    source_acc; target_acc; domain_loss; cls_loss; transfer_loss; lr
dice bands => val_loss:min
    train_loss; val_loss; val_dice_ELM; val_dice_EZ; val_dice_RPE; val_dice_BM;
    epoch
evolve => best_fitness overall:max
    best_fitness overall; best_fitness; mean_fitness; std_fitness; worst_fitness;
    best_tree_depth; best_tree_children
nash => NashConv:min
    Iteration; NashConv
ml-agents elo => Self-play/ELO:max
    Self-play/ELO; Environment/Group Cumulative Reward; Losses/Policy Loss;
    Policy/Entropy; Environment/Episode Length
tsp => val_avg_cost:min
    avg_cost; actor_loss; nll; grad_norm; val_avg_cost; learnrate_pg0
safe rl => Metrics/EpRet:max
    Metrics/EpRet; Metrics/EpCost; Metrics/EpLen; Train/KL; Train/StopIter;
    Loss/Loss_pi; Loss/Loss_reward_critic; Loss/Loss_cost_critic; Value/reward;
    Value/cost; Time/FPS
skyrl => eval/all/avg_score:max
    policy/final_loss; policy/policy_entropy; policy/policy_kl;
    reward/avg_raw_reward; reward/avg_pass_at_5; loss/avg_final_rewards;
    eval/gsm8k/avg_score; eval/gsm8k/pass_at_1; eval/all/avg_score;
    eval/all/pass_at_1
genomics => val/mcc:max
    train/loss; val/loss; val/accuracy; val/mcc; val/f1; lr
video gen => fvd:min
    loss; lr; fvd; fid; is
amr => val_smatch:max
    train_loss; val_loss; val_smatch; lr
gec => val/f0.5:max
    train/loss; val/loss; val/precision; val/recall; val/f0.5
causal => val_pehe:min
    train_loss; val_loss; val_pehe; val_ate_error
uplift => val_qini:max
    train_loss; val_loss; val_qini; val_auuc
climate => val/crps:min
    train/loss; val/crps; val/rmse; val/spread_skill; lr
nowcast => val/csi:max
    train/loss; val/loss; val/csi; val/hss; val/far; val/pod; lr
slam => ate_rmse:min
    loss; psnr; ate_rmse; frame
motion gen => Test/FID:min
    Train/loss; Test/FID; Test/Diversity; Test/R_precision_top1;
    Test/R_precision_top3; Test/Matching_Score
3dmm => val_nme:min
    train_loss; val_nme; val_loss; lr
hand => val/mpjpe:min
    train/loss; val/mpjpe; val/pa_mpjpe; val/auc; lr
vqvae2 => val_mse:min
    train_loss; train_mse; latent_loss; perplexity; val_mse; lr
paligemma => val_edit_distance:min
    train_loss; val_edit_distance; epoch
offline => eval/normalized_return:max
    train/q_loss; eval/episode_return; eval/normalized_return; eval/episode_length
overcooked => eval/sparse_return:max
    train/shaped_return; train/policy_loss; eval/sparse_return; eval/shaped_return
clip ft too => val/clip_val_loss:min
    train/loss; train/scale; train/lr; val/clip_val_loss;
    val/image_to_text_mean_rank; val/text_to_image_mean_rank; val/epoch
chemprop => val/rmse:min
    train_loss; train_loss_step; train_loss_epoch; val_loss; val/rmse; test/rmse;
    test/mae; epoch; trainer/global_step
pycil => avg_acc:max
    task; cnn_top1; cnn_top5; nme_top1; avg_acc; loss
st old => eval/spearman_cosine:max
    train/loss; eval/pearson_cosine; eval/spearman_cosine; eval/pearson_manhattan;
    eval/spearman_manhattan; eval/pearson_euclidean; eval/spearman_euclidean;
    eval/pearson_dot; eval/spearman_dot; eval/pearson_max; eval/spearman_max
avalanche too => Top1_Acc_Stream/eval_phase/test_stream:max
    Loss_Epoch/train_phase/train_stream/Task000;
    Top1_Acc_Epoch/train_phase/train_stream/Task000;
    Top1_Acc_Stream/eval_phase/test_stream; Loss_Stream/eval_phase/test_stream;
    StreamForgetting/eval_phase/test_stream
st nano no mean => eval/loss:min
    train/loss; eval/loss; eval/NanoFEVER_cosine_ndcg@10;
    eval/NanoNQ_cosine_ndcg@10; eval/NanoMSMARCO_cosine_ndcg@10
monai auto3dseg => val/acc:max
    train/loss; train/acc; val/acc; val/acc_class0; val/acc_class1; val/acc_class2
hyperspectral => OA:max
    loss; OA; AA; Kappa; time
harness stderr => gsm8k/exact_match_strict-match:max
    gsm8k/exact_match_stderr_flexible-extract; gsm8k/exact_match_stderr_strict-match;
    gsm8k/exact_match_strict-match
stderr alone => none
    lr; acc_stderr; eval/accuracy_stderr
gap of no optimum => loss:min
    loss; generalization_gap; lr
"""


def _read() -> Iterator[tuple[str, str | None, list[str]]]:
    for entry in re.split(r"\n(?=\S)", _TEXT.strip()):
        head, *keys = entry.splitlines()
        name, best = head.split(" => ")
        found = re.split(r";\s*", " ".join(line.strip() for line in keys))
        yield name, None if best == "none" else best, found


FRESH = list(_read())
