; Puppet: a cartridge for tests that does what the joystick says.
;
; Memory follows ALE's Breakout: score $CD (two digits, BCD) and $CC, lives $B9, mode $B2.
;   right        one point per frame           left   one point less per frame
;   down         a life is lost when it is pressed
;   up           pressed: the sprite moves right by one
;   fire         counted
;   up and fire  the console computes so long that the emulator shows half a picture
; The background has the colour of the frame's number. The sprite is put into its place once, when
; the console is switched on, and never again.
;
; dasm puppet.asm -f3 -opuppet.bin

        processor 6502
VSYNC   = $00
VBLANK  = $01
WSYNC   = $02
COLUP0  = $06
COLUBK  = $09
RESP0   = $10
GRP0    = $1B
HMP0    = $20
HMOVE   = $2A
INPT4   = $3C
SWCHA   = $280
SWCHB   = $282
INTIM   = $284
TIM64T  = $296

Frames  = $80           ; frames of this game
Fires   = $81           ; of them with fire
Timer   = $82           ; what the timer held when the console was switched on
Held    = $83           ; joystick of the frame before
Moves   = $84
Spin    = $85
Noise   = $A0           ; 16 bytes that are never written
Mode    = $B2
Lives   = $B9
ScoreHi = $CC
ScoreLo = $CD

        org $F800
Start   sei
        cld
        ldx #$FF
        txs
        lda INTIM
        sta Timer
        lda #0
        sta VSYNC
        sta VBLANK
        sta Moves
        sta Mode
        jsr NewGame
        lda #$3C
        sta GRP0
        lda #$0E
        sta COLUP0
        sta WSYNC
        ldx #6
Wait    dex
        bne Wait
        sta RESP0

Frame   lda #2
        sta VBLANK
        sta VSYNC
        sta WSYNC
        sta WSYNC
        sta WSYNC
        lda #0
        sta VSYNC
        lda #43
        sta TIM64T
        jsr Play
Blank   lda INTIM
        bne Blank
        sta WSYNC
        sta HMOVE
        sta VBLANK
        lda Frames
        asl
        sta COLUBK
        ldx #192
Line    sta WSYNC
        dex
        bne Line
        lda #2
        sta VBLANK
        lda #0
        sta HMP0
        ldx #30
Over    sta WSYNC
        dex
        bne Over
        jmp Frame

NewGame lda #0
        sta Frames
        sta Fires
        sta ScoreLo
        sta ScoreHi
        lda #$F0
        sta Held
        lda #5
        sta Lives
        rts

Play    lda SWCHB
        lsr
        bcc NewGame     ; RESET is pressed
        inc Frames
        lda SWCHA
        bmi NoRight
        sed
        clc
        lda ScoreLo
        adc #1
        sta ScoreLo
        lda ScoreHi
        adc #0
        sta ScoreHi
        cld
NoRight bit SWCHA
        bvs NoLeft
        sed
        sec
        lda ScoreLo
        sbc #1
        sta ScoreLo
        lda ScoreHi
        sbc #0
        sta ScoreHi
        cld
NoLeft  lda SWCHA
        and #$20
        bne NoDown
        lda Held
        and #$20
        beq NoDown
        lda Lives
        beq NoDown
        dec Lives
NoDown  lda SWCHA
        and #$10
        bne NoUp
        lda Held
        and #$10
        beq NoUp
        lda #$F0
        sta HMP0
        inc Moves
NoUp    bit INPT4
        bmi NoFire
        inc Fires
        lda SWCHA
        and #$10
        bne NoFire
        lda #60         ; 60 x 256 x 2 instructions: the emulator waits for 25,000
        sta Spin
        ldx #0
Spinning dex
        bne Spinning
        dec Spin
        bne Spinning
NoFire  lda SWCHA
        and #$F0
        sta Held
        rts

        org $FFFC
        .word Start
        .word Start
