# Two loops that spill, within loops that are not innermost, and one that does not
# multiply vectors.
x86:
.LBB0_1:
	vfmadd231ps	%zmm9, %zmm9, %zmm9
.LBB0_2:
	vmovups	%zmm7, 624(%rsp)                # 64-byte Spill
	vfmadd231ps	(%rcx,%r9,4){1to16}, %zmm10, %zmm7
	vmovups	624(%rsp), %zmm8                # 64-byte Reload
	vfmadd213ps	%zmm1, %zmm8, %zmm7
	movq	8(%rsp), %rax
	jne	.LBB0_2
	cmpq	%rax, %rcx
	jne	.LBB0_1
	retq
arm:
.LBB1_1:
	ldr	q6, [sp, #32]                   // 16-byte Folded Reload
	fmla	v2.4s, v6.4s, v3.s[0]
	ldr	x3, [sp, #8]
	b.ne	.LBB1_1
	ret
scalar:
.LBB2_1:
	vfmadd231ss	%xmm1, %xmm2, %xmm3
	jne	.LBB2_1
