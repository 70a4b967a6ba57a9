<?php
/**
 * Whose comment is held sees a link beneath it: what happens now, why, and how to object.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * The link, for the comment's author and for nobody else; empty where there is none.
 *
 * @param \WP_Comment|null $comment The comment.
 * @return string
 */
function status_link( $comment ) {
	if ( is_admin() || is_feed() || ! $comment instanceof \WP_Comment || '0' !== (string) $comment->comment_approved || ! is_by_viewer( $comment ) ) {
		return '';
	}
	$record = record_of( (int) $comment->comment_ID );
	$link   = $record ? verdict_of( $record ) : array();
	if ( empty( $link['status_url'] ) ) {
		return '';
	}
	return '<p class="moderation-service-status"><a rel="nofollow" href="' . esc_url( $link['status_url'] ) . '">'
		. esc_html__( 'What happens with this comment, and why', 'moderation-service' ) . '</a></p>';
}

/**
 * Whether the one who looks wrote the comment, as far as WordPress can tell.
 *
 * @param \WP_Comment $comment The comment.
 * @return bool
 */
function is_by_viewer( \WP_Comment $comment ) {
	if ( $comment->user_id ) {
		return get_current_user_id() === (int) $comment->user_id;
	}
	$email = wp_get_unapproved_comment_author_email();
	if ( '' === $email ) {
		$commenter = wp_get_current_commenter();
		$email     = $commenter['comment_author_email'];
	}
	return '' !== $email && $email === $comment->comment_author_email;
}

// WordPress takes the markup out of what waits, in classic themes at 40, in block themes at the block's end.
add_filter(
	'comment_text',
	static function ( $text, $comment = null ) {
		return wp_is_block_theme() ? $text : $text . status_link( $comment );
	},
	50,
	2
);
add_filter(
	'render_block_core/comment-content',
	static function ( $content, $block, $instance ) {
		$comment_id = isset( $instance->context['commentId'] ) ? (int) $instance->context['commentId'] : 0;
		return $comment_id ? $content . status_link( get_comment( $comment_id ) ) : $content;
	},
	10,
	3
);
